import { byId, make } from "./api.js";

const LARGEST = 128; // screen pixels for one of the image

/** The image in question: whole, or zoomed and moved. */
export class Stage {
  constructor() {
    this.home = byId("stage");
    this.image = null;
    this.scale = null; // null: as large as fits
    this.shift = { x: 0, y: 0 };
    this.pointers = new Map();
    this.token = 0;
    new ResizeObserver(() => this.lay()).observe(this.home);
    this.home.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 400), event);
    }, { passive: false });
    this.home.addEventListener("dblclick", () => this.toggle());
    this.home.addEventListener("pointerdown", (event) => {
      this.home.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, event);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.home.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
    this.home.addEventListener("pointermove", (event) => this.move(event));
  }

  /** Show an image as soon as it is there; resolves when it is. */
  async show(found, alt, caption) {
    this.token += 1;
    const token = this.token;
    const isThere = found.isReady || (await found.ready);
    if (token !== this.token) return;
    this.scale = null;
    this.shift = { x: 0, y: 0 };
    if (!isThere || !found.image.naturalWidth) {
      this.image = null;
      this.home.replaceChildren(make("p", { class: "missing" }, "This image cannot be shown."));
      caption("");
      return;
    }
    this.image = found.image;
    this.image.alt = alt;
    this.home.replaceChildren(this.image);
    caption(`${this.image.naturalWidth} × ${this.image.naturalHeight} px`);
    this.lay();
  }

  get fit() {
    const { naturalWidth, naturalHeight } = this.image;
    return Math.min(this.home.clientWidth / naturalWidth, this.home.clientHeight / naturalHeight, LARGEST);
  }

  lay() {
    if (!this.image) return;
    const { image, home } = this;
    const scale = this.scale ?? this.fit;
    const width = image.naturalWidth * scale;
    const height = image.naturalHeight * scale;
    const limit = (size, room, by) => {
      const most = Math.abs(size - room) / 2;
      return Math.max(-most, Math.min(most, by));
    };
    this.shift.x = limit(width, home.clientWidth, this.scale === null ? 0 : this.shift.x);
    this.shift.y = limit(height, home.clientHeight, this.scale === null ? 0 : this.shift.y);
    image.style.width = `${width}px`;
    image.style.height = `${height}px`;
    image.style.left = `${(home.clientWidth - width) / 2 + this.shift.x}px`;
    image.style.top = `${(home.clientHeight - height) / 2 + this.shift.y}px`;
    // Pixels as they are: a browser would blur a small image to fill its place.
    image.classList.toggle("pixels", scale >= 2);
    home.classList.toggle("zoomed", scale > this.fit * 1.01);
  }

  zoom(by, at = null) {
    if (!this.image) return;
    const before = this.scale ?? this.fit;
    const after = Math.max(Math.min(this.fit, 1), Math.min(LARGEST, before * by));
    const box = this.home.getBoundingClientRect();
    const x = at ? at.clientX - box.left - box.width / 2 : 0;
    const y = at ? at.clientY - box.top - box.height / 2 : 0;
    this.shift.x = x - (x - this.shift.x) * (after / before);
    this.shift.y = y - (y - this.shift.y) * (after / before);
    this.scale = after;
    this.lay();
  }

  /** Original pixels, or the whole image again. */
  toggle() {
    if (!this.image) return;
    this.scale = this.scale === null ? 1 / window.devicePixelRatio : null;
    this.lay();
  }

  get isZoomed() {
    return this.scale !== null && this.home.classList.contains("zoomed");
  }

  pan(x, y) {
    this.shift.x += x;
    this.shift.y += y;
    this.lay();
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before || !this.image) return;
    if (this.pointers.size === 2) {
      const [other] = [...this.pointers.values()].filter((one) => one.pointerId !== event.pointerId);
      const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      if (apart(before) > 0) this.zoom(apart(event) / apart(before), event);
    } else if (this.scale !== null) {
      this.pan(event.clientX - before.clientX, event.clientY - before.clientY);
    }
    this.pointers.set(event.pointerId, event);
  }
}
