// The player of a page: loads all versions, then plays any of them at one shared position.

import { createEngine } from "./engine.js";
import { loadVersions } from "./loading.js";

const UNLOCK_TIMEOUT_MS = 5000;
const GAIN_TIME_CONSTANT_S = 0.01;

const USED_UP = "You have heard it as often as this test allows. Please answer.";

/** Linear gain of a level in dB. */
export const fromDecibels = (db) => 10 ** (db / 20);

/**
 * A page's player over the markup in `root` (see `_player.html`).
 *
 * `onEvent(kind, slot, value)` is called for each action, `onHeard(slot, frames, rate)` whenever
 * more of a version was heard (frames since the page was opened), `onPlay(slot)` at each start,
 * `onSounding(slot | null)` when another version sounds, or none. With `data-plays` a version sounds
 * from beginning to end, while `mayPlay(slot)` is true.
 */
export class Player {
  #root;
  #listener;
  #buttons;
  #buffers = [];
  #gainDb;
  #context = null;
  #engine = null;
  #engineReady = null;
  #gain = null;
  #chosen = 0;
  #audible = null;
  #asked = null; // the version asked for last, before the audio thread has answered
  #requests = 0;
  #heard;
  #dragging = false;

  constructor(root, gainDb, listener) {
    this.#root = root;
    this.#gainDb = gainDb;
    this.#listener = listener;
    this.#buttons = [...root.querySelectorAll("[data-version]")];
    this.#heard = this.#buttons.map(() => 0);
    this.#bind();
  }

  get versions() {
    return this.#buttons.length;
  }

  /** What each version is called on its button. */
  get letters() {
    return this.#buttons.map((button) => button.getAttribute("aria-keyshortcuts"));
  }

  get isPlaying() {
    return this.#asked !== null;
  }

  get #rate() {
    return this.#buffers[0].sampleRate;
  }

  async load() {
    this.#part("retry").hidden = true;
    this.#part("loading-bar").hidden = false;
    try {
      const urls = this.#buttons.map((button) => button.dataset.audio);
      this.#say("Loading the audio …");
      this.#buffers = await loadVersions(urls, (share) => {
        this.#part("loading-bar").value = share;
      });
    } catch {
      this.#part("retry").hidden = false;
      this.#say("The audio could not be loaded. Your answers are safe. Check your connection.");
      return;
    } finally {
      this.#part("loading-bar").hidden = true;
    }
    this.#part("controls").disabled = false;
    this.#part("seek").max = String(this.#buffers[0].duration);
    this.#showPosition(0);
    this.#say(`Ready. ${this.versions > 1 ? "Choose a version" : "Press Play"} to listen.`);
    this.#root.dataset.state = "ready";
  }

  /** Level of everything that sounds, in dB; follows within milliseconds, without a click. */
  set gainDb(db) {
    this.#gainDb = db;
    const now = this.#context?.currentTime ?? 0;
    this.#gain?.gain.setTargetAtTime(fromDecibels(db), now, GAIN_TIME_CONSTANT_S);
  }

  /** Seconds that every version lasts; 0 until they are loaded. */
  get duration() {
    return this.#buffers[0]?.duration ?? 0;
  }

  get #isLimited() {
    return "plays" in this.#root.dataset;
  }

  /** Play a version from the shared position; the one that sounds already is paused. */
  choose(index) {
    if (index >= this.versions || this.#buffers.length === 0) return;
    if (this.#isLimited) return this.#playWhole(index);
    if (this.#asked === index) return this.pause();
    this.#chosen = index;
    this.#play(index);
  }

  toggle() {
    if (this.#buffers.length === 0) return;
    if (this.#isLimited) this.#playWhole(this.#chosen);
    else if (this.isPlaying) this.pause();
    else this.#play(this.#chosen);
  }

  #playWhole(index) {
    if (this.isPlaying) return;
    if (!this.#listener.mayPlay(this.#buttons[index].dataset.slot)) return this.#say(USED_UP);
    this.#engine?.jump(0);
    this.#showPosition(0);
    this.#play(index);
  }

  pause() {
    this.#halt("pause");
  }

  /** Silence at once (Escape): a 5 ms fade on the audio thread. */
  silence() {
    this.#halt("mute");
  }

  stop() {
    this.#halt("stop");
    this.#engine?.jump(0);
    this.#showPosition(0);
  }

  async #play(index) {
    const kind = this.isPlaying ? "switch" : "play";
    this.#asked = index;
    this.#requests += 1;
    const request = this.#requests;
    this.#show();
    try {
      await this.#unlock();
    } catch {
      this.#asked = null;
      this.#show();
      this.#say("Sound is blocked on this device. Press Play once more.");
      return;
    }
    if (this.#asked === null || request !== this.#requests) return; // something else was asked for in the meantime
    this.#engine.select(index);
    const { slot } = this.#buttons[index].dataset;
    this.#listener.onPlay(slot);
    this.#event(kind, slot, Number(this.#part("seek").value));
  }

  #halt(kind) {
    if (!this.isPlaying) return;
    this.#engine?.select(null);
    this.#event(kind, this.#buttons[this.#asked].dataset.slot, Number(this.#part("seek").value));
    this.#asked = null;
    this.#show();
  }

  // Browsers start sound only inside a gesture, so the context is made at the first play.
  async #unlock() {
    this.#context ??= new AudioContext({ sampleRate: this.#rate, latencyHint: "interactive" });
    const resumed = this.#context.resume();
    const late = new Promise((_, reject) => setTimeout(reject, UNLOCK_TIMEOUT_MS));
    await Promise.race([resumed, late]);
    this.#engineReady ??= this.#makeEngine().catch((error) => {
      this.#engineReady = null; // the next press tries again
      throw error;
    });
    await this.#engineReady;
  }

  async #makeEngine() {
    this.#gain = new GainNode(this.#context, { gain: fromDecibels(this.#gainDb) });
    this.#gain.connect(this.#context.destination);
    this.#engine = await createEngine(this.#context, this.#buffers, this.#gain, (report) =>
      this.#follow(report),
    );
    this.#engine.loop(this.#part("loop").checked);
    this.#engine.jump(Math.round(Number(this.#part("seek").value) * this.#rate));
    this.#context.onstatechange = () => {
      if (this.#context.state !== "running" && this.isPlaying) {
        this.pause();
        this.#say("The device has interrupted the sound. Press Play to go on.");
      }
    };
  }

  // What the audio thread says has sounded.
  #follow({ frame, audible, heard }) {
    heard.forEach((frames, index) => {
      if (frames === this.#heard[index]) return;
      this.#heard[index] = frames;
      this.#listener.onHeard(this.#buttons[index].dataset.slot, frames, this.#rate);
    });
    if (!this.#dragging) this.#showPosition(frame / this.#rate);
    const ended = this.#audible !== null && audible === null && this.#audible === this.#asked;
    this.#audible = audible;
    if (ended && !this.#part("loop").checked) this.#halt("end");
  }

  #event(kind, slot, value) {
    this.#listener.onEvent(kind, slot, value);
  }

  #part(name) {
    return this.#root.querySelector(`[data-part="${name}"]`);
  }

  #bind() {
    this.#buttons.forEach((button, index) => button.addEventListener("click", () => this.choose(index)));
    this.#part("toggle").addEventListener("click", () => this.toggle());
    this.#part("stop").addEventListener("click", () => this.stop());
    this.#part("retry").addEventListener("click", () => this.load());
    this.#part("loop").addEventListener("change", ({ target }) => {
      this.#engine?.loop(target.checked);
      this.#event("loop", null, Number(target.checked));
    });
    const seek = this.#part("seek");
    seek.addEventListener("input", () => {
      this.#dragging = true;
      this.#showPosition(Number(seek.value));
    });
    seek.addEventListener("change", () => {
      this.#dragging = false;
      this.#engine?.jump(Math.round(Number(seek.value) * this.#rate));
      this.#event("seek", null, Number(seek.value));
    });
  }

  #show() {
    this.#buttons.forEach((button, index) => {
      button.setAttribute("aria-pressed", String(index === this.#asked));
    });
    const canPause = this.isPlaying && !this.#isLimited;
    this.#part("toggle").dataset.playing = String(canPause);
    this.#part("toggle-label").textContent = canPause ? "Pause" : "Play";
    this.#listener.onSounding(this.isPlaying ? this.#buttons[this.#asked].dataset.slot : null);
    if (this.isPlaying) this.#say(`Playing ${this.#buttons[this.#asked].dataset.name}`);
    else this.#say("Paused");
  }

  #showPosition(seconds) {
    const { duration } = this;
    const seek = this.#part("seek");
    seek.value = String(seconds);
    seek.setAttribute("aria-valuetext", `${seconds.toFixed(1)} of ${duration.toFixed(1)} seconds`);
    this.#part("time").textContent = `${clock(seconds)} / ${clock(duration)}`;
  }

  #say(text) {
    this.#part("status").textContent = text;
  }
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
