import { byId, counted, get, make, visible } from "./api.js";

const MOST_TILES = 120;

/** Images side by side, to accept or refuse many at once. */
export class Grid {
  constructor(deck, decide) {
    this.deck = deck;
    this.decide = decide;
    this.groups = [];
    this.chosen = new Set();
    this.shown = [];
    byId("groups-kind").addEventListener("change", () => this.load());
    byId("groups-list").addEventListener("change", () => this.show());
    byId("group-accept").addEventListener("click", () => this.act("accept"));
    byId("group-keep").addEventListener("click", () => this.act("keep"));
    byId("group-unsure").addEventListener("click", () => this.act("unsure"));
    byId("group-none").addEventListener("click", () => this.act("none"));
    byId("group-all").addEventListener("click", () => this.all());
  }

  async load(place = 0) {
    const { groups } = await get(`/api/groups?kind=${byId("groups-kind").value}`);
    this.groups = groups;
    byId("groups-list").replaceChildren(...groups.map((group, place) =>
      make("option", { value: String(place) }, `${visible(group.title, 60)} (${group.numbers.length.toLocaleString("en")})`)));
    byId("groups-list").disabled = !groups.length;
    if (groups.length) byId("groups-list").value = String(Math.min(place, groups.length - 1));
    await this.show();
  }

  async show() {
    const group = this.groups[Number(byId("groups-list").value)];
    if (!group) {
      this.shown = [];
      byId("tiles").replaceChildren();
      byId("group-about").textContent = "There is no group of this kind left to decide on.";
      this.enable();
      return;
    }
    const numbers = group.numbers.slice(0, MOST_TILES);
    for (let from = 0; from < numbers.length; from += 100) await this.deck.fetch(numbers.slice(from, from + 100));
    this.shown = numbers.map((number) => this.deck.cards.get(number)).filter(Boolean);
    this.chosen = new Set(this.shown.map((card) => card.number));
    byId("tiles").replaceChildren(...this.shown.map((card) => this.tile(card)));
    this.tell(group.numbers.length);
  }

  tile(card) {
    const first = card.candidates[0]?.label ?? card.given;
    const says = first === card.given ? visible(card.given, 30) : `${visible(card.given, 30)} → ${visible(first, 30)}`;
    const box = make("input", { type: "checkbox", checked: true, onchange: () => {
      if (box.checked) this.chosen.add(card.number);
      else this.chosen.delete(card.number);
      this.tell();
    } });
    return make("li", { class: "tile" }, make("label", {},
      make("img", { src: this.deck.thumbnailUrl(card.number), alt: "", loading: "lazy", decoding: "async", width: 120, height: 120 }),
      make("span", { class: "tile-text" }, box, " ", make("span", { class: "label" }, says || "no label")),
      make("span", { class: "name small muted" }, card.name)));
  }

  all() {
    const wants = this.chosen.size < this.shown.length;
    this.chosen = new Set(wants ? this.shown.map((card) => card.number) : []);
    for (const box of byId("tiles").querySelectorAll("input")) box.checked = wants;
    this.tell();
  }

  tell(total = null) {
    this.total = total ?? this.total;
    const more = this.total > this.shown.length ? `; ${counted(this.total - this.shown.length, "more image")} follow` : "";
    byId("group-about").textContent = `${this.chosen.size} of ${counted(this.shown.length, "image")} chosen${more}. A click takes one out.`;
    this.enable();
  }

  enable() {
    for (const id of ["group-accept", "group-keep", "group-unsure", "group-none"]) byId(id).disabled = !this.chosen.size || !this.shown.length;
  }

  async act(kind) {
    const cards = this.shown.filter((card) => this.chosen.has(card.number));
    if (!cards.length) return;
    await this.decide(cards, kind);
    await this.load(Number(byId("groups-list").value) || 0);
  }

  /** Decide by a key; false where it means nothing here. */
  key(event) {
    const kind = { Enter: "accept", k: "keep", s: "unsure", x: "none" }[event.key];
    if (kind) this.act(kind);
    else if (event.key === "a") this.all();
    else return false;
    return true;
  }
}
