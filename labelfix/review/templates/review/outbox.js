import { post } from "./api.js";

const FIRST_WAIT = 300;
const LONGEST_WAIT = 5000;

/**
 * Decisions on their way to the server, one request after the other, in order.
 *
 * What is not acknowledged stays in this browser, also over a reload, and is sent again. Each has a
 * key, so that one that had arrived is not counted twice.
 */
export class Outbox {
  constructor(key, tell) {
    this.prefix = `labelfix outbox ${key} `;
    this.place = this.prefix + crypto.randomUUID();
    this.tell = tell;
    this.waiting = [];
    this.sending = null;
    this.isStopped = false;
  }

  /** Take over what an earlier page has left; a page that still lives sends the same, once. */
  adopt() {
    try {
      for (const place of Object.keys(localStorage)) {
        if (!place.startsWith(this.prefix)) continue;
        this.waiting.push(...JSON.parse(localStorage.getItem(place)));
        localStorage.removeItem(place);
      }
    } catch {
      // no storage: nothing was left
    }
    this.keep();
    if (this.waiting.length) this.drain();
  }

  keep() {
    try {
      if (this.waiting.length) localStorage.setItem(this.place, JSON.stringify(this.waiting));
      else localStorage.removeItem(this.place);
    } catch {
      // no storage, or it is full: the page itself still holds them
    }
  }

  add(body) {
    this.waiting.push({ ...body, key: crypto.randomUUID() });
    this.keep();
    return this.drain();
  }

  /** Resolves when all is acknowledged. */
  drain() {
    this.sending ??= this.send().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async send() {
    let wait = FIRST_WAIT;
    while (this.waiting.length && !this.isStopped) {
      this.tell({ waiting: this.waiting.length });
      try {
        await post("/api/decide", this.waiting[0]);
        this.waiting.shift();
        this.keep();
        wait = FIRST_WAIT;
      } catch (error) {
        if (error.status === 400 || error.status === 413) {
          this.waiting.shift();
          this.keep();
          this.tell({ waiting: this.waiting.length, lost: error.message });
          continue;
        }
        this.isStopped = error.status === 403;
        this.tell({ waiting: this.waiting.length, problem: error.message, isStopped: this.isStopped });
        if (this.isStopped) break;
        await new Promise((done) => setTimeout(done, wait));
        wait = Math.min(2 * wait, LONGEST_WAIT);
      }
    }
    if (!this.waiting.length) this.tell({ waiting: 0 });
  }
}
