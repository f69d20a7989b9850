"use strict";
const labelfix = {}; // what the parts of this script share
(() => {
  const byId = (id) => document.getElementById(id);
  for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
  const home = byId("decisions");
  const setup = JSON.parse(home.dataset.setup);
  const place = `labelfix decisions ${setup.key}`;
  const { words, answers } = setup;
  const groups = [];
  let decisions = new Map(); // by image
  let lasts = true;

  const facts = new WeakMap();
  const factsOf = (card) => {
    if (!facts.has(card)) facts.set(card, JSON.parse(card.dataset.facts));
    return facts.get(card);
  };

  // Another page about the same images may have written since: the store is read before each change.
  const read = () => {
    try {
      const text = localStorage.getItem(place);
      const known = text === null ? {} : JSON.parse(text);
      decisions = new Map(Object.entries(known).filter(([, one]) => typeof one?.decision === "string"));
    } catch {
      lasts = false;
    }
  };
  const write = () => {
    try {
      localStorage.setItem(place, JSON.stringify(Object.fromEntries(decisions)));
    } catch {
      lasts = false;
    }
  };

  const counted = () => {
    if (setup.everything) return [...decisions.keys()];
    const here = Array.from(document.querySelectorAll("[data-facts]"), (card) => factsOf(card).image);
    return here.filter((image) => decisions.has(image));
  };
  const show = () => {
    for (const { card, update } of groups) {
      update();
      card.classList.toggle("decided", decisions.has(factsOf(card).image));
    }
    const number = counted().length;
    byId("decided").textContent = number ? `${number.toLocaleString("en")} decided` : "Nothing decided yet";
    byId("kept").textContent = lasts
      ? "Decisions stay in this browser."
      : "This browser keeps nothing for this page: export before you close it.";
    byId("export").disabled = byId("forget").disabled = number === 0;
    byId("forget").textContent = "Forget all";
  };
  const change = (act) => {
    if (lasts) read();
    act();
    write();
    show();
  };

  const isChosen = (card, decision, label) => {
    const known = decisions.get(factsOf(card).image);
    return known !== undefined && known.decision === decision && (label === null || known.label === label);
  };
  /** Decide, or withdraw the same decision. */
  const decide = (card, decision, label = null) => change(() => {
    const { image, row, given, suggested, chance } = factsOf(card);
    if (isChosen(card, decision, label)) {
      decisions.delete(image);
      return;
    }
    const said = label ?? answers[decision];
    decisions.set(image, { decision, label: said, row, given, suggested, chance });
  });
  const decideLabel = (card, label) =>
    decide(card, label === factsOf(card).given ? words.keep : words.change, label);

  // Another class than those that the buttons offer.
  const other = byId("other");
  let asked = null;
  const fill = () => {
    const wanted = byId("other-text").value.trim().toLowerCase();
    const list = byId("other-list");
    const options = setup.classes
      .map(([label, shown = label], place) => ({ shown, place }))
      .filter(({ shown }) => shown.toLowerCase().includes(wanted))
      .map(({ shown, place }) => new Option(shown, String(place)));
    list.replaceChildren(...options);
    list.selectedIndex = options.length ? 0 : -1;
    byId("other-choose").disabled = !options.length;
  };
  const askOther = (card) => {
    asked = card;
    byId("other-text").value = "";
    fill();
    other.showModal();
    byId("other-text").focus();
  };
  const choose = () => {
    const [label] = setup.classes[Number(byId("other-list").value)] ?? [];
    if (label !== undefined && !isChosen(asked, words.change, label)) decideLabel(asked, label);
    other.close();
  };
  byId("other-text").addEventListener("input", fill);
  byId("other-choose").addEventListener("click", choose);
  byId("other-close").addEventListener("click", () => other.close());
  byId("other-list").addEventListener("dblclick", choose);
  other.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.matches("button")) return;
    event.preventDefault();
    if (!byId("other-choose").disabled) choose();
  });

  /** The buttons of a card, as often as it is shown; they follow each other. */
  const buttonsFor = (card) => {
    const { given, choices } = factsOf(card);
    const group = document.createElement("div");
    group.className = "decide";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Decision");
    const pressed = [];
    const add = (text, act, isOn, key, hint = text) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.title = `${hint} (${key})`;
      button.addEventListener("click", act);
      group.append(button);
      pressed.push(() => button.setAttribute("aria-pressed", String(isOn())));
      return button;
    };
    choices.forEach(([label, shown = label], place) => {
      const isGiven = label === given;
      add(`${isGiven ? "Keep" : "Change to"} ${shown}`, () => decideLabel(card, label),
        () => isChosen(card, isGiven ? words.keep : words.change, label), String(place + 1));
    });
    const isOther = () => isChosen(card, words.change, null) &&
      !choices.some(([label]) => isChosen(card, words.change, label));
    const elsewhere = add("Change to…", () => askOther(card), isOther, "o", "Change to another class");
    pressed.push(() => {
      const label = isOther() ? decisions.get(factsOf(card).image).label : null;
      const known = setup.classes.find(([name]) => name === label);
      elsewhere.textContent = label === null ? "Change to…" : `Change to ${known?.[1] ?? label}`;
    });
    add("Not sure", () => decide(card, words.unsure), () => isChosen(card, words.unsure, null), "u");
    add("None", () => decide(card, words.none), () => isChosen(card, words.none, null), "n",
      "None of the classes");
    groups.push({ card, update: () => pressed.forEach((one) => one()) });
    return group;
  };

  /** Decide by a key; false where the key means nothing here. */
  labelfix.decideByKey = (card, key) => {
    const choice = /^[1-9]$/.test(key) ? factsOf(card).choices[Number(key) - 1] : undefined;
    if (choice) decideLabel(card, choice[0]);
    else if (key === "o") askOther(card);
    else if (key === "u") decide(card, words.unsure);
    else if (key === "n") decide(card, words.none);
    else return false;
    return true;
  };
  labelfix.buttonsFor = (card) => {
    const group = buttonsFor(card);
    groups.at(-1).update();
    return group;
  };
  labelfix.forgetButtons = (group) => {
    if (group) groups.splice(groups.indexOf(group), 1);
  };
  labelfix.lastGroup = () => groups.at(-1);

  // CSV, as labelfix run --audited reads it.
  const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
  labelfix.csv = () => {
    const lines = counted().sort().map((image) => {
      const one = decisions.get(image);
      return [image, one.row, one.given, one.suggested, one.decision, one.label, one.chance];
    });
    return [setup.columns, ...lines]
      .map((line) => `${line.map((text) => quoted(text ?? "")).join(setup.delimiter)}\n`).join("");
  };
  byId("export").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([labelfix.csv()], { type: "text/csv" }));
    link.download = "decisions.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
  const parsed = (text) => {
    const lines = [[""]];
    let inside = false;
    for (let place = 0; place < text.length; place += 1) {
      const letter = text[place];
      const line = lines.at(-1);
      if (inside && letter === '"' && text[place + 1] === '"') {
        line[line.length - 1] += '"';
        place += 1;
      } else if (letter === '"') inside = !inside;
      else if (!inside && letter === setup.delimiter) line.push("");
      else if (!inside && (letter === "\n" || letter === "\r")) lines.push([""]);
      else line[line.length - 1] += letter;
    }
    return lines.filter((line) => line.length > 1);
  };
  labelfix.load = (text) => {
    const [header = [], ...lines] = parsed(text.replace(/^\ufeff/, ""));
    const at = setup.columns.map((name) => header.indexOf(name));
    if (at[0] < 0 || at[4] < 0 || at[5] < 0) return false;
    change(() => {
      for (const line of lines) {
        const [image, row, given, suggested, decision, label, chance] = at.map((one) => line[one] ?? "");
        if (image && Object.values(words).includes(decision)) {
          decisions.set(image, { decision, label, row, given, suggested, chance });
        }
      }
    });
    return true;
  };
  const file = document.createElement("input");
  file.type = "file";
  file.accept = ".csv,.tsv,.txt";
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (chosen && !labelfix.load(await chosen.text())) {
      byId("kept").textContent = `${chosen.name} is not a file that this page has exported.`;
    }
    file.value = "";
  });
  byId("import").addEventListener("click", () => file.click());
  byId("forget").addEventListener("click", () => {
    if (byId("forget").textContent === "Forget all") {
      byId("forget").textContent = "Really forget all?";
      return;
    }
    change(() => counted().forEach((image) => decisions.delete(image)));
  });
  window.addEventListener("storage", (event) => {
    if (event.key !== place) return;
    read();
    show();
  });

  read();
  for (const card of document.querySelectorAll("[data-facts]")) {
    (card.querySelector(".about") ?? card.lastElementChild).after(buttonsFor(card));
  }
  show();
})();
