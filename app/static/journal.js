// What happens on a page (play, switch, stop, hidden, ...), sent in batches through the outbox.

import { uuid } from "./outbox.js";

const BATCH_EVERY_MS = 5000;
const MAX_BATCH = 50;

export class Journal {
  #outbox;
  #url;
  #trial;
  #events = [];

  /** `trial` is the number of the page's trial, or null. */
  constructor(outbox, session, trial) {
    this.#outbox = outbox;
    this.#url = `/s/${session}/events`;
    this.#trial = trial;
    setInterval(() => this.send(), BATCH_EVERY_MS);
    document.addEventListener("visibilitychange", () => {
      this.note(document.visibilityState, null, null);
      if (document.visibilityState === "hidden") this.send();
    });
  }

  note(kind, slot, value) {
    const client_at = new Date().toISOString();
    this.#events.push({ event: uuid(), kind, trial: this.#trial, slot, value, client_at });
  }

  send() {
    while (this.#events.length > 0) {
      const events = this.#events.splice(0, MAX_BATCH);
      this.#outbox.add("events", "POST", this.#url, () => ({ events }));
    }
  }
}
