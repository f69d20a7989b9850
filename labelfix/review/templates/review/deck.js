import { get } from "./api.js";

const CARDS_AHEAD = 24;
const IMAGES_AHEAD = 10;
const THUMBNAILS_AHEAD = 4;
const BEHIND = 6;

/** The cards that a filter shows, and those that come next, fetched before they are asked for. */
export class Deck {
  constructor(run) {
    this.run = run;
    this.order = [];
    this.place = 0;
    this.total = 0;
    this.cards = new Map();
    this.images = new Map();
    this.thumbnails = new Map();
    this.asked = {}; // why a card is asked, and the chance of it, where it is not the next likeliest
    this.coming = new Set();
  }

  async load(query) {
    const found = await get(`/api/queue?${new URLSearchParams(query)}`);
    this.order = found.numbers;
    this.total = found.total;
    this.asked = found.asked;
    this.place = 0;
    return found;
  }

  forget(number) {
    this.cards.delete(number);
  }

  get number() {
    return this.order[this.place];
  }

  imageUrl(number) {
    return `/image/${number}?run=${this.run}`;
  }

  thumbnailUrl(number) {
    return `/thumbnail/${number}?run=${this.run}`;
  }

  /** An image that is loaded and decoded as soon as it can be. */
  image(number) {
    let found = this.images.get(number);
    if (!found) {
      const image = new Image();
      image.decoding = "async";
      image.draggable = false;
      image.src = this.imageUrl(number);
      found = { image, ready: image.decode().then(() => true, () => false), isReady: false };
      found.ready.then(() => {
        found.isReady = true;
      });
      this.images.set(number, found);
    }
    return found;
  }

  thumbnail(number) {
    if (!this.thumbnails.has(number)) {
      const image = new Image();
      image.src = this.thumbnailUrl(number);
      this.thumbnails.set(number, image);
    }
  }

  /** The card of a number; asks for the ones after it, too. */
  async card(number) {
    if (!this.cards.has(number)) await this.fetch([number]);
    return this.cards.get(number);
  }

  async fetch(numbers) {
    const wanted = numbers.filter((one) => !this.cards.has(one));
    if (!wanted.length) return;
    const { cards } = await get(`/api/cards?numbers=${wanted.join(",")}`);
    for (const card of cards) this.cards.set(card.number, card);
  }

  /** Fetch what will be wanted next. */
  ahead() {
    const next = this.order.slice(this.place, this.place + CARDS_AHEAD);
    const wanted = next.filter((one) => !this.cards.has(one) && !this.coming.has(one));
    // Half of it at a time, so that quick reviewers cause few requests.
    if (wanted.length >= CARDS_AHEAD / 2 || next.slice(0, CARDS_AHEAD / 2).some((one) => wanted.includes(one))) {
      wanted.forEach((one) => this.coming.add(one));
      this.fetch(wanted).then(() => this.ahead(), () => {}).finally(() => {
        wanted.forEach((one) => this.coming.delete(one));
      });
    }
    for (const number of next.slice(0, IMAGES_AHEAD)) this.image(number);
    for (const number of next.slice(0, THUMBNAILS_AHEAD)) {
      const card = this.cards.get(number);
      const speakers = (card?.candidates ?? []).flatMap((one) => one.speakers);
      for (const peer of [...speakers, ...(card?.copies ?? [])]) this.thumbnail(peer.number);
    }
    const near = new Set(this.order.slice(Math.max(0, this.place - BEHIND), this.place + IMAGES_AHEAD));
    for (const number of this.images.keys()) if (!near.has(number)) this.images.delete(number);
    if (this.thumbnails.size > 500) this.thumbnails.clear();
  }
}
