(() => {
  const byId = (id) => document.getElementById(id);
  const root = document.documentElement;

  // Light and dark: the system's choice until the reader makes one, which lasts as long as the page.
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const themeButton = byId("theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);
  const showTheme = () => themeButton.setAttribute("aria-pressed", String(isDark()));
  const toggleTheme = () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    showTheme();
  };
  themeButton.addEventListener("click", toggleTheme);
  prefersDark.addEventListener("change", showTheme);
  showTheme();

  const help = byId("help");
  const openHelp = () => help.showModal();
  byId("help-button").addEventListener("click", openHelp);
  byId("help-close").addEventListener("click", () => help.close());

  // Long tables are folded here and not in the page, so that without a script nothing is hidden.
  for (const body of document.querySelectorAll("tbody.rest")) {
    const button = document.createElement("button");
    const unfold = (open) => {
      body.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      button.textContent = open ? "Show fewer" : `Show ${body.rows.length} more`;
    };
    button.type = "button";
    button.className = "fold";
    button.setAttribute("aria-controls", body.id);
    button.addEventListener("click", () => unfold(body.hidden));
    body.closest(".scroll").after(button);
    unfold(false);
    let wasOpen = false;
    window.addEventListener("beforeprint", () => {
      wasOpen = !body.hidden;
      unfold(true);
    });
    window.addEventListener("afterprint", () => unfold(wasOpen));
  }

  // A page that holds one of the groups alone has no findings to filter.
  const list = byId("cards");
  const controls = byId("controls");
  const cards = list ? Array.from(list.children, (element) => ({
    element,
    pair: element.dataset.pair,
    rule: element.dataset.rule,
    confidence: element.dataset.confidence === "" ? -1 : Number(element.dataset.confidence),
    row: Number(element.dataset.row),
    given: Number(element.dataset.given),
    suggested: Number(element.dataset.suggested),
    words: null,
  })) : [];
  cards.forEach((card, place) => { card.place = place; });

  // Equal ones keep the order of the page, in which the likeliest come first.
  const orders = {
    confidence: (a, b) => a.place - b.place,
    row: (a, b) => a.row - b.row || a.place - b.place,
    given: (a, b) => a.given - b.given || a.place - b.place,
    suggested: (a, b) => a.suggested - b.suggested || a.place - b.place,
  };
  let ordered = cards;
  let visible = cards;

  const wordsOf = (card) => {
    card.words ??= card.element.textContent.toLowerCase();
    return card.words;
  };

  const filter = () => {
    const text = byId("text").value.trim().toLowerCase();
    const pair = byId("pair").value;
    const rule = byId("rule").value;
    const label = byId("class").value;
    const decision = byId("decision").value;
    const least = Number(byId("least").value);
    byId("least-shown").textContent = `${least} %`;
    visible = ordered.filter((card) =>
      (pair === "" || card.pair === pair) &&
      (rule === "" || card.rule === rule) &&
      (label === "" || card.given === Number(label) || card.suggested === Number(label)) &&
      (decision === "" || (decision === "decided") === card.element.classList.contains("decided")) &&
      (least === 0 || card.confidence * 100 >= least) &&
      (text === "" || wordsOf(card).includes(text)));
    const shown = new Set(visible);
    for (const card of cards) card.element.hidden = !shown.has(card);
    const all = `${cards.length.toLocaleString("en")} finding${cards.length === 1 ? "" : "s"}`;
    byId("count").textContent = visible.length === cards.length
      ? all
      : `${visible.length.toLocaleString("en")} of ${all}`;
    byId("nothing").hidden = visible.length > 0;
  };

  const sort = () => {
    const next = [...cards].sort(orders[byId("sort").value] ?? orders.confidence);
    if (next.some((card, place) => card !== ordered[place])) {
      const chosen = document.activeElement; // a card that moves would lose the focus
      list.append(...next.map((card) => card.element));
      chosen.focus({ preventScroll: true });
    }
    ordered = next;
    filter();
  };

  const reset = () => {
    controls.reset();
    sort();
  };

  const step = (by) => {
    if (!visible.length) return;
    const chosen = document.activeElement.closest(".card");
    const place = visible.findIndex((card) => card.element === chosen);
    const next = place < 0 ? (by > 0 ? 0 : visible.length - 1) : place + by;
    const card = visible[Math.min(Math.max(next, 0), visible.length - 1)];
    card.element.focus({ preventScroll: true });
    card.element.scrollIntoView({ block: "nearest" });
  };

  if (list) {
    for (const id of ["text", "least"]) byId(id).addEventListener("input", filter);
    for (const id of ["class", "pair", "rule", "decision"]) byId(id).addEventListener("change", filter);
    byId("sort").addEventListener("change", sort);
    controls.addEventListener("submit", (event) => event.preventDefault());
    byId("show-all").addEventListener("click", reset);
    byId("filters").addEventListener("click", () => {
      const open = controls.classList.toggle("open"); // on a narrow screen; a wide one shows them all
      byId("filters").setAttribute("aria-expanded", String(open));
    });
    const showOnly = (control, value) => {
      controls.reset();
      byId(control).value = value;
      sort();
      controls.scrollIntoView();
      byId(control).focus({ preventScroll: true });
    };
    labelfix.showPair = (pair) => showOnly("pair", pair);
    for (const button of document.querySelectorAll("[data-show-pair]")) {
      button.addEventListener("click", () => labelfix.showPair(button.dataset.showPair));
    }
    for (const button of document.querySelectorAll("[data-show-class]")) {
      button.addEventListener("click", () => showOnly("class", button.dataset.showClass));
    }
    sort(); // a browser may have kept what the controls were set to
  }

  const leave = (target) => {
    if (target.id === "text" && target.value) {
      target.value = "";
      filter();
    } else {
      document.activeElement.blur();
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return; // it has its own keys
    const target = event.target instanceof Element ? event.target : root;
    if (event.key === "Escape") {
      leave(target);
      return;
    }
    if (target.matches("input, select, textarea") || !byId("shortcuts").checked) return;
    const isArrow = event.key.startsWith("Arrow");
    if (isArrow && !target.closest(".card")) return; // elsewhere they scroll
    const card = target.closest(".card");
    if (card && target === card && event.key === "Enter") {
      event.preventDefault();
      labelfix.enlarge(card);
      return;
    }
    if (card && labelfix.decideByKey(card, event.key)) {
      event.preventDefault();
      return;
    }
    const act = {
      j: list && (() => step(1)),
      ArrowDown: list && (() => step(1)),
      ArrowRight: list && (() => step(1)),
      k: list && (() => step(-1)),
      ArrowUp: list && (() => step(-1)),
      ArrowLeft: list && (() => step(-1)),
      "/": list && (() => byId("text").focus()),
      r: list && reset,
      t: toggleTheme,
      "?": openHelp,
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
