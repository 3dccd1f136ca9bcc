// How long and how often each version of a page was heard, also across reloads.

const nameOf = (slot) => `earwitness:heard:${slot}`;

export class Listening {
  #slots = new Map(); // slot -> {before_s, frames, rate, plays}; frames since the page was opened

  seconds(slot) {
    const { before_s, frames, rate } = this.#of(slot);
    return before_s + frames / rate;
  }

  plays(slot) {
    return this.#of(slot).plays;
  }

  played(slot) {
    this.#of(slot).plays += 1;
    this.#keep(slot);
  }

  heard(slot, frames, rate) {
    Object.assign(this.#of(slot), { frames, rate });
    this.#keep(slot);
  }

  #of(slot) {
    if (!this.#slots.has(slot)) this.#slots.set(slot, { ...kept(slot), frames: 0, rate: 1 });
    return this.#slots.get(slot);
  }

  #keep(slot) {
    try {
      const state = { before_s: this.seconds(slot), plays: this.plays(slot) };
      localStorage.setItem(nameOf(slot), JSON.stringify(state));
    } catch {
      // storage is blocked: the count holds for this visit
    }
  }
}

function kept(slot) {
  try {
    const { before_s, plays } = JSON.parse(localStorage.getItem(nameOf(slot)));
    return { before_s, plays };
  } catch {
    return { before_s: 0, plays: 0 }; // not heard before, or storage is blocked
  }
}
