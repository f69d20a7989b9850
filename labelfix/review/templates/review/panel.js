import { byId, make, percent, visible, width } from "./api.js";

const STRIP = 6;

const WHY = {
  audit: "Asked because the answer tells most about all labels.",
  random: "Drawn at random, to estimate how many wrong labels are left.",
  opinion: "Reviewers differ.",
};

/** A label as it is shown; an empty one is said in words. */
export const labelOf = (label) =>
  label.trim() ? make("span", { class: "label" }, visible(label)) : make("span", { class: "none-text" }, "no label");

/** The candidates that keys 1 to 5 choose: the given label and those that are likelier. */
export const choicesOf = (card) => card.candidates.slice(0, 5);

const strip = (deck, peers, look) => make("span", { class: "strip" },
  ...peers.slice(0, STRIP).map((peer) => make("button", {
    type: "button",
    class: "peer",
    title: `${peer.name}: ${visible(peer.label)}`,
    "aria-label": `Look at ${peer.name}, labelled ${visible(peer.label)}`,
    onclick: () => look(peer),
  }, make("img", { src: deck.thumbnailUrl(peer.number), alt: "", width: 44, height: 44, decoding: "async" }))));

/** Show a card beside its image; `asked` says why it is, `act` decides, `look` shows another image in its place. */
export const showPanel = (deck, card, asked, letters, act, look) => {
  const given = card.given;
  byId("question").replaceChildren("Labelled ", labelOf(given));
  const why = WHY[asked?.[0]];
  byId("reason").replaceChildren(card.reason, ...(why ? [make("span", { class: "why" }, why)] : []));
  const rows = choicesOf(card).map((one, place) => {
    const isGiven = one.label === given;
    const probability = one.probability;
    const bar = make("span", { class: "bar-track", "aria-hidden": "true" }, make("span", {}));
    bar.firstChild.style.width = width(probability ?? 0);
    const speakers = one.speakers;
    const letter = letters.get(one.label);
    return make("li", { class: isGiven ? "is-given" : "" },
      make("button", { type: "button", class: "choose", title: letter ? `Keys ${place + 1} and ${letter.toUpperCase()}` : null, onclick: () => act(one.label) },
        make("kbd", {}, String(place + 1)), " ",
        labelOf(one.label),
        isGiven ? make("span", { class: "tag" }, "given") : null,
        make("span", { class: "share" }, probability === null ? "" : percent(probability)),
        bar),
      speakers.length ? strip(deck, speakers, look) : null);
  });
  byId("candidates").replaceChildren(...rows);
  const beside = [];
  if (card.copies.length) {
    const labels = [...new Set(card.copies.map((peer) => visible(peer.label, 30)))].join(", ");
    beside.push(make("div", {}, make("h3", {}, `Near-duplicates, labelled ${labels}`), strip(deck, card.copies, look)));
  }
  if (card.annotators.length) {
    const said = card.annotators.map(([who, label]) => `${visible(who, 30)}: ${visible(label, 30)}`).join(" · ");
    beside.push(make("div", {}, make("h3", {}, "Annotators"), make("p", { class: "small" }, said)));
  }
  if (card.decisions.length) {
    const said = card.decisions
      .map((one) => `${visible(one.reviewer, 30)}: ${visible(one.answer, 30)}${one.reason ? ` (${visible(one.reason, 60)})` : ""}`)
      .join(" · ");
    beside.push(make("div", { class: "decided" }, make("h3", {}, "Decided"), make("p", { class: "small" }, said)));
  }
  byId("beside").replaceChildren(...beside);
  const first = choicesOf(card)[0];
  byId("accept").replaceChildren(make("kbd", {}, "Enter"), " ",
    first && first.label !== given ? `Change to ${visible(first.label, 24)}` : "Accept");
  byId("keep").disabled = !given.trim();
  byId("accept").disabled = !first;
};
