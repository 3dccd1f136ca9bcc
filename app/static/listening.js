// How long and how often each version of a page was heard, counted in frames, also across reloads.

const NOTHING = { before: 0, now: 0, rate: 1, plays: 0 }; // frames before this visit, and in it

const nameOf = (slot) => `earwitness:heard:${slot}`;

export class Listening {
  #slots = new Map();

  frames(slot) {
    const { before, now } = this.#of(slot);
    return before + now;
  }

  seconds(slot) {
    return this.frames(slot) / this.#of(slot).rate;
  }

  plays(slot) {
    return this.#of(slot).plays;
  }

  played(slot) {
    this.#of(slot).plays += 1;
    this.#keep(slot);
  }

  /** Note how many frames of a version were heard since the page was opened. */
  heard(slot, frames, rate) {
    Object.assign(this.#of(slot), { now: frames, rate });
    this.#keep(slot);
  }

  #of(slot) {
    if (!this.#slots.has(slot)) this.#slots.set(slot, { ...NOTHING, ...kept(slot) });
    return this.#slots.get(slot);
  }

  #keep(slot) {
    const { rate, plays } = this.#of(slot);
    try {
      const state = { before: this.frames(slot), rate, plays };
      localStorage.setItem(nameOf(slot), JSON.stringify(state));
    } catch {
      // storage is blocked: the count holds for this visit
    }
  }
}

function kept(slot) {
  try {
    return JSON.parse(localStorage.getItem(nameOf(slot)));
  } catch {
    return null; // storage is blocked
  }
}
