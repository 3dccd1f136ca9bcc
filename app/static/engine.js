// Two engines behind one small interface: `select(version | null)`, `jump(frame)`, `loop(on)`.
// Both report `{frame, audible, heard}`; `heard` counts frames per version since the start.
// The AudioWorklet mixes on the audio thread. Where there is none (plain HTTP on a LAN, old
// browsers), synchronous buffer sources with scheduled gains do the same.

export const FADE_S = 0.005; // ITU-R BS.1534-3: 5 ms out, then 5 ms in

/** Raised-cosine rise from 0 to 1 over `frames` frames (`frames + 1` values). */
export function raisedCosine(frames) {
  return Float32Array.from({ length: frames + 1 }, (_, k) => 0.5 - 0.5 * Math.cos((Math.PI * k) / frames));
}

/** Make an engine over equally long AudioBuffers, connected to `destination`. */
export async function createEngine(context, buffers, destination, onReport) {
  const make = context.audioWorklet ? createWorkletEngine : createSourceEngine;
  return make(context, buffers, destination, onReport);
}

export async function createWorkletEngine(context, buffers, destination, onReport) {
  await context.audioWorklet.addModule(new URL("./mixer.js", import.meta.url));
  const versions = buffers.map((buffer) =>
    Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel)),
  );
  const envelope = raisedCosine(Math.round(FADE_S * context.sampleRate));
  const node = new AudioWorkletNode(context, "earwitness-mixer", {
    numberOfInputs: 0,
    outputChannelCount: [buffers[0].numberOfChannels],
    processorOptions: { versions, envelope },
  });
  node.port.onmessage = ({ data }) => onReport(data);
  node.connect(destination);
  const send = (kind) => (value) => node.port.postMessage({ kind, value });
  return { select: send("select"), jump: send("jump"), loop: send("loop") };
}

export function createSourceEngine(context, buffers, destination, onReport) {
  return new SourceEngine(context, buffers, destination, onReport);
}

const REPORT_EVERY_MS = 50;
const LEAD_QUANTA = 2; // schedule this far ahead, so that a curve is never entered in its middle
const QUANTUM_FRAMES = 128;

class SourceEngine {
  #context;
  #buffers;
  #destination;
  #onReport;
  #rise;
  #fall;
  #voices = null; // the sources that run now: {sources, gains, frame, since}
  #audible = null;
  #soundsSince = 0;
  #restingFrame = 0;
  #looping = true;
  #freeAt = 0; // no change may be scheduled before this time
  #timer = null;
  #heard;

  constructor(context, buffers, destination, onReport) {
    this.#context = context;
    this.#buffers = buffers;
    this.#destination = destination;
    this.#onReport = onReport;
    this.#rise = raisedCosine(Math.round(FADE_S * context.sampleRate));
    this.#fall = this.#rise.toReversed?.() ?? Float32Array.from(this.#rise).reverse();
    this.#heard = buffers.map(() => 0);
  }

  select(version) {
    if (version === this.#audible) return;
    const at = this.#nextFreeTime();
    if (this.#audible === null) this.#start(version, at);
    else if (version === null) this.#halt(at, this.#frameAt(at + FADE_S));
    else this.#change(version, at);
    this.#report();
  }

  jump(frame) {
    if (this.#audible === null) {
      this.#restingFrame = frame;
    } else {
      const version = this.#audible;
      const at = this.#nextFreeTime();
      this.#halt(at, frame);
      this.#start(version, at + FADE_S);
    }
    this.#report();
  }

  loop(on) {
    this.#looping = on;
    for (const source of this.#voices?.sources ?? []) source.loop = on;
  }

  get #frames() {
    return this.#buffers[0].length;
  }

  #nextFreeTime() {
    const lead = (LEAD_QUANTA * QUANTUM_FRAMES) / this.#context.sampleRate;
    return Math.max(this.#context.currentTime + lead, this.#freeAt);
  }

  #frameAt(time) {
    if (!this.#voices) return this.#restingFrame;
    const elapsed = Math.max(0, time - this.#voices.since);
    return (this.#voices.frame + Math.round(elapsed * this.#context.sampleRate)) % this.#frames;
  }

  #start(version, at) {
    const gains = this.#buffers.map(() => this.#silentGain());
    const sources = this.#buffers.map((buffer, index) => this.#source(buffer, gains[index], at));
    this.#voices = { sources, gains, frame: this.#restingFrame, since: at };
    gains[version].gain.setValueCurveAtTime(this.#rise, at, FADE_S);
    sources[version].onended = () => this.#ended(sources);
    this.#sound(version, at, at + FADE_S);
    this.#timer ??= setInterval(() => this.#report(), REPORT_EVERY_MS);
  }

  #silentGain() {
    const gain = new GainNode(this.#context, { gain: 0 });
    gain.connect(this.#destination);
    return gain;
  }

  #source(buffer, gain, at) {
    const source = new AudioBufferSourceNode(this.#context, { buffer, loop: this.#looping });
    source.connect(gain);
    source.start(at, this.#restingFrame / buffer.sampleRate);
    return source;
  }

  #change(version, at) {
    const { gains } = this.#voices;
    gains[this.#audible].gain.setValueCurveAtTime(this.#fall, at, FADE_S);
    gains[version].gain.setValueCurveAtTime(this.#rise, at + FADE_S, FADE_S);
    this.#sound(version, at + FADE_S, at + 2 * FADE_S);
  }

  #halt(at, restingFrame) {
    const { sources, gains } = this.#voices;
    gains[this.#audible].gain.setValueCurveAtTime(this.#fall, at, FADE_S);
    for (const source of sources) {
      source.onended = null;
      source.stop(at + FADE_S);
    }
    this.#rest(restingFrame, at + FADE_S);
  }

  #ended(sources) {
    if (this.#voices?.sources !== sources) return;
    this.#rest(0, this.#context.currentTime);
    this.#report();
  }

  #rest(frame, at) {
    this.#voices = null;
    this.#restingFrame = frame;
    this.#sound(null, at, at);
    clearInterval(this.#timer);
    this.#timer = null;
  }

  // Note which version sounds from `from` on; the next change may follow `until`.
  #sound(version, from, until) {
    this.#count(from);
    this.#audible = version;
    this.#soundsSince = from;
    this.#freeAt = until + 1 / this.#context.sampleRate;
  }

  #count(time) {
    if (this.#audible === null) return;
    const seconds = Math.max(0, time - this.#soundsSince);
    this.#heard[this.#audible] += Math.round(seconds * this.#context.sampleRate);
    this.#soundsSince = Math.max(time, this.#soundsSince);
  }

  #report() {
    const now = this.#context.currentTime;
    this.#count(now);
    this.#onReport({ frame: this.#frameAt(now), audible: this.#audible, heard: [...this.#heard] });
  }
}
