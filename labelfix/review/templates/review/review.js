import { byId, get, make, post, visible } from "./api.js";
import { Deck } from "./deck.js";
import { clearFilters, fillFilters, filterQuery, isFiltered, onFilter } from "./filters.js";
import { Grid } from "./grid.js";
import { Outbox } from "./outbox.js";
import { choicesOf, showPanel } from "./panel.js";
import { showProgress } from "./progress.js";
import { Stage } from "./stage.js";

const POLL = 4000;
const RESERVED = "ksxu";
const OPINION = "second opinion";

const setup = JSON.parse(document.body.dataset.setup);
const deck = new Deck(setup.run);
const stage = new Stage();
const outbox = new Outbox(setup.key, (state) => tellSaved(state));
const grid = new Grid(deck, (cards, kind) => decideMany(cards, kind));
let event = 0; // the last one that is known of
let card = null; // the one that is shown
let since = 0; // when it was shown
let isComing = false; // the next card is on its way; keys wait for it
const early = []; // those keys
let stepping = Promise.resolve(); // undo and redo, one after the other

const reviewer = () => byId("reviewer").value.trim() || setup.reviewer;
const notice = (text) => {
  byId("notice").textContent = text;
  byId("notice").hidden = !text;
};
const say = (text) => {
  byId("said").textContent = text;
};

const tellSaved = ({ waiting, problem, lost, isStopped }) => {
  const text = waiting ? `${waiting} to save…` : "saved";
  if (byId("saved").textContent !== text) byId("saved").textContent = text;
  if (isStopped) notice("The server was started anew. Open the address that it has printed; what is not saved yet is kept here and saved then.");
  else if (problem) notice(`${problem} What you decide is kept here and saved as soon as it answers.`);
  else if (lost) notice(`One decision was not saved: ${lost}`);
  else if (!waiting && !byId("notice").dataset.stays) notice("");
};

// Letters choose a class: its own first letter where that is free.
const lettersOf = (classes) => {
  const letters = new Map();
  const free = [..."abcdefghijlmnopqrtvwyz"].filter((one) => !RESERVED.includes(one));
  if (classes.length > free.length) return letters;
  const take = (label, letter) => {
    if (!letter || !free.includes(letter)) return false;
    free.splice(free.indexOf(letter), 1);
    letters.set(label, letter);
    return true;
  };
  const left = classes.filter((label) => !take(label, label.trim()[0]?.toLowerCase()));
  for (const label of left) take(label, [...label.toLowerCase()].find((one) => free.includes(one)) ?? free[0]);
  return letters;
};
const letters = lettersOf(setup.classes);
const classOf = new Map([...letters].map(([label, letter]) => [letter, label]));

const showCard = async () => {
  isComing = true;
  try {
    await showNext();
  } finally {
    if (deck.number === undefined || card?.number === deck.number) isComing = false;
  }
  pressEarly();
};
/** The keys that came before the card, in their order; new ones queue up behind them. */
const pressEarly = () => {
  while (early.length && !isComing) press(early.shift());
};

const showNext = async () => {
  const number = deck.number;
  if (number === undefined && deck.order.length && byId("filter-status").value === "open") {
    await outbox.drain();
    return load();
  }
  const isEmpty = number === undefined;
  const isGrid = !byId("groups").hidden;
  byId("single").hidden = isEmpty || isGrid;
  byId("empty").hidden = !isEmpty || isGrid;
  if (isEmpty) {
    card = null;
    byId("empty-text").textContent = isFiltered()
      ? "Every image that this filter shows is decided." : "Every image is decided.";
    return;
  }
  let found;
  try {
    found = deck.cards.get(number) ?? (await deck.card(number));
  } catch (error) {
    notice(`${error.message} The next image is not here yet.`);
    setTimeout(showCard, 1000);
    return;
  }
  if (number !== deck.number) return;
  if (!found) {
    deck.order.splice(deck.place, 1);
    return showNext();
  }
  card = found;
  isComing = false;
  queueMicrotask(pressEarly);
  showPanel(deck, card, deck.asked[number], letters, (label) => decide(label), look);
  byId("image-name").textContent = card.name;
  byId("place").textContent = `${(deck.place + 1).toLocaleString("en")} of ${deck.total.toLocaleString("en")}`;
  byId("opinion").checked = false;
  byId("note").value = "";
  deck.ahead();
  await stage.show(deck.image(number), `The image in question, ${card.name}`, (text) => {
    byId("image-size").textContent = text;
  });
  if (card === found) since = performance.now();
};

/** Show a neighbour in the image's place; once more, or Escape, goes back. */
let looked = null;
const look = (peer) => {
  const isBack = !peer || looked === peer;
  looked = isBack ? null : peer;
  const number = isBack ? card.number : peer.number;
  stage.show(deck.image(number), isBack ? `The image in question, ${card.name}` : `A neighbour, ${peer.name}`, (text) => {
    byId("image-size").textContent = text;
  });
  byId("stage").classList.toggle("looks", !isBack);
  byId("image-name").textContent = isBack ? card.name : `${peer.name}, labelled ${visible(peer.label)}: a neighbour; Esc goes back`;
};

/** From the key to the painted card, for whoever wants to know how quick the page is. */
const measure = (start) => requestAnimationFrame(() => setTimeout(() => {
  performance.measure("card", { start, end: performance.now() });
}));

const advance = async (from, start) => {
  if (deck.number === from) {
    deck.place += 1;
    card = null;
    looked = null;
    byId("stage").classList.remove("looks");
    await showCard();
  }
  if (start !== undefined) measure(start);
};

const entry = (one, answer) => ({
  number: one.number,
  image: one.image,
  answer,
  shown: choicesOf(one).map((candidate) => candidate.label),
  seconds: Math.max(0, Math.round(performance.now() - since)) / 1000,
  reason: "",
  kind: deck.asked[one.number]?.[0] ?? "gain",
  chance: deck.asked[one.number]?.[1] ?? null,
});

const decide = (answer, start) => {
  if (!card) return;
  const body = entry(card, answer);
  const note = byId("note").value.trim();
  body.reason = byId("opinion").checked ? [OPINION, note].filter(Boolean).join(": ") : note;
  outbox.add({ reviewer: reviewer(), decisions: [body] }).then(() => refresh(false));
  deck.forget(card.number);
  say(`${visible(card.name, 40)}: ${visible(answer, 40)}`);
  advance(card.number, start);
};

const answerOf = (one, kind) => {
  const first = choicesOf(one)[0]?.label ?? one.given;
  return { accept: first, keep: one.given, unsure: setup.specials.unsure, none: setup.specials.none }[kind];
};
const act = (kind, start) => {
  const answer = card ? answerOf(card, kind) : "";
  if (answer.trim()) decide(answer, start);
};
const decideMany = async (cards, kind) => {
  const decisions = cards.map((one) => entry(one, answerOf(one, kind))).filter((one) => one.answer.trim());
  const seconds = decisions.length ? decisions[0].seconds / decisions.length : 0;
  decisions.forEach((one) => { one.seconds = Math.round(1000 * seconds) / 1000; });
  cards.forEach((one) => deck.forget(one.number));
  await outbox.add({ reviewer: reviewer(), decisions });
  batches.push(decisions.length);
  since = performance.now();
  say(`${decisions.length} images decided`);
  await refresh(true);
};

const batches = []; // how many images each step in the groups has decided
const step = (path) => {
  const isGrid = !byId("groups").hidden;
  const times = (isGrid && path === "/api/undo" && batches.pop()) || 1;
  isComing = true;
  stepping = stepping.then(async () => {
    await outbox.drain();
    const found = await post(path, { reviewer: reviewer(), times });
    if (found.number === null) {
      say(path === "/api/undo" ? "Nothing is left to undo." : "Nothing is left to redo.");
      if (found.image === null) return;
    }
    say(`${path === "/api/undo" ? "Undone" : "Redone"}: ${visible(found.image, 40)}`);
    deck.forget(found.number);
    if (isGrid) await grid.load(Number(byId("groups-list").value) || 0);
    else await goTo(found.number, path === "/api/undo");
    refresh(false);
  }).catch((error) => notice(error.message)).finally(() => {
    isComing = false;
    pressEarly();
  });
  return stepping;
};

/** Undo shows the image again; redo goes on behind it. */
const goTo = async (number, isUndone) => {
  const at = deck.order.indexOf(number);
  if (at < 0) deck.order.splice(deck.place, 0, number);
  deck.place = at < 0 ? deck.place : at;
  if (!isUndone) deck.place += 1;
  await showCard();
};

const load = async () => {
  looked = null;
  byId("stage").classList.remove("looks");
  try {
    const found = await deck.load(filterQuery(setup, reviewer()));
    event = Math.max(event, found.event);
    await showCard();
  } catch (error) {
    notice(error.message);
  }
};

/** What others have decided meanwhile, and how far the review is. */
let times = null; // of relabels
let isAsking = false;
const refresh = async (always) => {
  if ((outbox.waiting.length || isAsking) && !always) return;
  isAsking = true;
  await ask().finally(() => { isAsking = false; });
};
const ask = async () => {
  let found;
  try {
    found = await get(`/api/progress?since=${event}`);
  } catch (error) {
    if (error.status === 403) tellSaved({ waiting: outbox.waiting.length, problem: error.message, isStopped: true });
    return;
  }
  event = Math.max(event, found.event);
  showProgress(found, setup);
  if (times !== null && found.relabel.times > times) {
    deck.cards.clear();
    times = found.relabel.times;
    await load();
  }
  times = found.relabel.times;
  if (byId("filter-status").value !== "open") return;
  const others = new Set(Object.entries(found.decided)
    .filter(([, by]) => by.length)
    .map(([number]) => Number(number)));
  const ahead = deck.order.slice(deck.place + 1).filter((one) => !others.has(one));
  deck.order.splice(deck.place + 1, Infinity, ...ahead);
};

const showGroups = async (wants = byId("groups").hidden) => {
  byId("groups").hidden = !wants;
  byId("groups-open").setAttribute("aria-pressed", String(wants));
  since = performance.now();
  if (wants) {
    byId("single").hidden = byId("empty").hidden = true;
    await grid.load().catch((error) => notice(error.message));
  } else await load();
};
const showFilters = (wants = byId("filters").hidden) => {
  byId("filters").hidden = !wants;
  byId("filter-open").setAttribute("aria-expanded", String(wants));
};

// Another class than the candidates.
const fillOthers = () => {
  const wanted = byId("other-text").value.trim().toLowerCase();
  const found = setup.classes.map((label, place) => [label, place]).filter(([label]) => label.toLowerCase().includes(wanted));
  byId("other-list").replaceChildren(...found.slice(0, 500).map(([label, place]) => make("option", { value: String(place) },
    letters.has(label) ? `${visible(label)} (key ${letters.get(label).toUpperCase()})` : visible(label))));
  byId("other-list").selectedIndex = found.length ? 0 : -1;
  byId("other-choose").disabled = !found.length;
};
const openOther = () => {
  if (!card) return;
  byId("other-text").value = "";
  fillOthers();
  byId("other").showModal();
  byId("other-text").focus();
};
const chooseOther = () => {
  const label = setup.classes[Number(byId("other-list").value)];
  byId("other").close();
  if (label !== undefined) decide(label);
};
byId("other-text").addEventListener("input", fillOthers);
byId("other-choose").addEventListener("click", chooseOther);
byId("other-list").addEventListener("dblclick", chooseOther);
byId("other").addEventListener("keydown", (pressed) => {
  if (pressed.key === "ArrowDown" && pressed.target === byId("other-text")) byId("other-list").focus();
  else if (pressed.key === "Enter" && !pressed.target.matches("button")) chooseOther();
  else return;
  pressed.preventDefault();
});

for (const kind of ["accept", "keep", "unsure", "none"]) byId(kind).addEventListener("click", () => act(kind));
for (const id of ["undo", "group-undo", "empty-undo"]) byId(id).addEventListener("click", () => step("/api/undo"));
byId("other-open").addEventListener("click", openOther);
const back = () => {
  if (deck.place) deck.place -= 1;
  showCard();
};
const skip = () => card && advance(card.number);
byId("previous").addEventListener("click", back);
byId("next").addEventListener("click", skip);
byId("filter-open").addEventListener("click", () => showFilters());
byId("groups-open").addEventListener("click", () => showGroups());
byId("help-open").addEventListener("click", () => byId("help").showModal());
byId("progress-open").addEventListener("click", () => byId("progress").showModal());
for (const button of document.querySelectorAll("dialog .close")) button.addEventListener("click", () => button.closest("dialog").close());
for (const id of ["filter-clear", "empty-clear"]) byId(id).addEventListener("click", () => {
  clearFilters();
  load();
});
byId("relabel").addEventListener("click", async () => {
  try {
    await outbox.drain();
    await post("/api/relabel", {});
  } catch (error) {
    notice(error.message);
  }
  refresh(true);
});
byId("reviewer").addEventListener("change", () => {
  try {
    sessionStorage.setItem("labelfix reviewer", reviewer());
  } catch {
    // no storage: the name lasts as long as this page
  }
  load();
});

const SHIFTED = {
  U: () => step("/api/redo"),
  G: () => showGroups(),
  P: () => byId("progress").showModal(),
  O: () => { byId("opinion").checked = !byId("opinion").checked; },
  N: () => byId("note").focus(),
};
const KEYS = {
  Enter: (start) => act("accept", start),
  k: (start) => act("keep", start),
  s: (start) => act("unsure", start),
  x: (start) => act("none", start),
  0: openOther,
  "+": () => stage.zoom(1.5),
  "=": () => stage.zoom(1.5),
  "-": () => stage.zoom(1 / 1.5),
  " ": () => stage.toggle(),
};
const ARROWS = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };

/** Caps lock is no Shift. */
const keyOf = ({ key, shiftKey }) =>
  key.length > 1 ? key : shiftKey ? key.toUpperCase() : key.toLowerCase();

const everywhere = ({ key }) => {
  if (key === "?") byId("help").showModal();
  else if (key === "/") {
    showFilters(true);
    byId("filter-text").focus();
  } else if (SHIFTED[key]) SHIFTED[key]();
  else if (key === "u") step("/api/undo");
  else return false;
  return true;
};
const onCard = (pressed) => {
  const { key, start } = pressed;
  if (/^[1-5]$/.test(key)) {
    const choice = choicesOf(card)[Number(key) - 1];
    if (choice) decide(choice.label, start);
  } else if (KEYS[key]) KEYS[key](start);
  else if (classOf.has(key)) decide(classOf.get(key), start);
  else if (ARROWS[key] && stage.isZoomed) stage.pan(...ARROWS[key]);
  else if (key === "ArrowRight") skip();
  else if (key === "ArrowLeft") back();
  else if (key === "Escape" && looked) look(null);
  else return false;
  return true;
};
const press = (known) => {
  if (everywhere(known)) return true;
  return byId("groups").hidden ? card !== null && onCard(known) : grid.key(known);
};
document.addEventListener("keydown", (pressed) => {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || pressed.isComposing) return;
  const field = pressed.target.closest?.("input:not([type='checkbox']), select, textarea");
  if (field) {
    if (pressed.key === "Escape") field.blur();
    return;
  }
  if (document.querySelector("dialog[open]") || !byId("shortcuts").checked) return;
  // A focused button keeps Enter and Space for itself.
  const isPress = pressed.target.closest?.("button, a, summary, input") && ["Enter", " "].includes(pressed.key);
  if (isPress) return;
  const known = { key: keyOf(pressed), start: pressed.timeStamp };
  if (isComing || early.length) early.push(known);
  else if (!press(known)) return;
  pressed.preventDefault();
});

byId("letters").replaceChildren(...(letters.size
  ? [make("h3", {}, "Letters"), make("p", { class: "small letters" },
    ...[...letters].map(([label, letter]) => make("span", {}, make("kbd", {}, letter.toUpperCase()), ` ${visible(label, 30)}`)))]
  : []));
try {
  byId("reviewer").value = sessionStorage.getItem("labelfix reviewer") ?? setup.reviewer;
} catch {
  byId("reviewer").value = setup.reviewer;
}
outbox.adopt();
fillFilters(setup);
clearFilters();
onFilter(() => (byId("groups").hidden ? load() : showGroups(false)));
load();
refresh(true);
setInterval(() => {
  if (!document.hidden) refresh(false);
}, POLL);
