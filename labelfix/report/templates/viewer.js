(() => {
  const byId = (id) => document.getElementById(id);
  const viewer = byId("viewer");
  let shown = null; // the card or the group of copies
  let buttons = null; // of the decisions here
  const items = () => {
    const kind = shown?.matches(".group") ? ".group" : ".card";
    return Array.from(document.querySelectorAll(kind)).filter((one) => !one.hidden);
  };

  const stage = (image) => {
    const size = byId("viewer-size");
    if (!image) {
      byId("viewer-image").replaceChildren();
      size.textContent = "no image";
      return;
    }
    const large = new Image();
    large.alt = image.alt;
    // Pixels as they are: a browser would blur a small image to fill its place.
    large.addEventListener("load", () => large.classList.toggle("tiny", large.naturalWidth < 200));
    large.src = image.dataset.larger || image.src;
    byId("viewer-image").replaceChildren(large);
    size.replaceChildren(image.dataset.size ?? "");
    if (image.dataset.reduced !== undefined) size.append(", shown smaller");
    if (!image.dataset.file) return;
    const link = document.createElement("a");
    link.href = image.dataset.file;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.textContent = "open the file";
    size.append(" · ", link);
  };

  const show = (item, image) => {
    labelfix.forgetButtons(buttons);
    shown = item;
    const about = byId("viewer-about");
    const isCard = item.matches(".card");
    const parts = (item.querySelector(".about") ?? item.querySelector(".facts")).cloneNode(true);
    about.replaceChildren(parts);
    buttons = null;
    if (isCard) {
      about.append(labelfix.buttonsFor(item));
      buttons = labelfix.lastGroup();
    }
    stage(image ?? item.querySelector("img.own"));
    const peers = item.querySelector(".peers, .copies")?.cloneNode(true);
    byId("viewer-peers").replaceChildren(...(peers ? [peers] : []));
    const all = items();
    const place = all.indexOf(item);
    byId("viewer-title").textContent = `${place + 1} of ${all.length}`;
    byId("viewer-previous").disabled = place <= 0;
    byId("viewer-next").disabled = place + 1 >= all.length;
    if (!viewer.open) viewer.showModal();
    viewer.scrollTop = 0;
  };
  const step = (by) => {
    const all = items();
    const next = all[all.indexOf(shown) + by];
    if (next) show(next, next.matches(".group") ? next.querySelector("img") : undefined);
  };
  labelfix.enlarge = (item) => show(item);

  byId("viewer-previous").addEventListener("click", () => step(-1));
  byId("viewer-next").addEventListener("click", () => step(1));
  byId("viewer-close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("close", () => {
    labelfix.forgetButtons(buttons);
    buttons = null;
    if (shown?.matches(".card")) {
      shown.focus({ preventScroll: true });
      shown.scrollIntoView({ block: "nearest" });
    }
  });
  viewer.addEventListener("click", (event) => {
    if (event.target === viewer) viewer.close();
    const image = event.target.closest("#viewer-peers img");
    if (image) stage(image);
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(byId("shortcuts")?.checked ?? true)) return;
    if (["j", "ArrowRight", "ArrowDown"].includes(event.key)) step(1);
    else if (["k", "ArrowLeft", "ArrowUp"].includes(event.key)) step(-1);
    else if (!shown.matches(".card") || !labelfix.decideByKey(shown, event.key)) return;
    event.preventDefault();
  });

  // A picture becomes a button only where a script can enlarge it.
  for (const image of document.querySelectorAll(".card .own")) {
    if (!image.matches("img")) continue;
    const look = document.createElement("button");
    look.type = "button";
    look.className = "look";
    look.title = "Enlarge";
    image.replaceWith(look);
    look.append(image);
  }
  document.addEventListener("click", (event) => {
    if (viewer.contains(event.target)) return;
    const image = event.target.closest(".look, .peers img, .copies img");
    const item = image?.closest(".card, .group");
    if (item) show(item, item.matches(".group") ? image : undefined);
  });
})();
