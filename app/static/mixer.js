// Audio-thread mixer: every version of a page on one sample clock.
//
// ITU-R BS.1534-3: a change fades the sounding version out (raised cosine, 5 ms), then the next
// one in; two versions never sound together. The position runs on through a change, so that
// versions stay aligned to the sample.

const FRAMES_PER_REPORT = 2048;

class Mixer extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.versions = processorOptions.versions; // [version][channel] -> Float32Array
    this.envelope = processorOptions.envelope; // 0 … 1 in fade frames + 1 values
    this.length = this.versions[0][0].length;
    this.heard = this.versions.map(() => 0); // frames sounded, per version
    this.frame = 0; // next frame to play
    this.step = 0; // place in the envelope
    this.audible = null; // the version that sounds
    this.wanted = null; // the version that should sound
    this.target = null; // a frame to jump to, once silent
    this.loop = true;
    this.sinceReport = 0;
    this.port.onmessage = ({ data }) => this.obey(data);
  }

  obey({ kind, value }) {
    if (kind === "select") this.wanted = value;
    if (kind === "jump") this.target = value;
    if (kind === "loop") this.loop = value;
  }

  get leaving() {
    return this.audible !== this.wanted || this.target !== null;
  }

  // Between two frames: take up the next version and position, but only out of silence.
  settle() {
    if (this.step > 0 || !this.leaving) return;
    if (this.target !== null) this.frame = this.target;
    this.target = null;
    this.audible = this.wanted;
    this.report();
  }

  advance() {
    this.heard[this.audible] += 1;
    if (this.leaving) this.step -= 1;
    else if (this.step < this.envelope.length - 1) this.step += 1;
    this.frame += 1;
    if (this.frame < this.length) return;
    this.frame = 0;
    if (!this.loop) this.end();
  }

  end() {
    this.step = 0;
    this.audible = null;
    this.wanted = null;
    this.target = null;
    this.report();
  }

  process(_inputs, [output]) {
    for (let i = 0; i < output[0].length; i += 1) {
      this.settle();
      if (this.audible === null) continue;
      const gain = this.envelope[this.step];
      const channels = this.versions[this.audible];
      for (let c = 0; c < output.length; c += 1) output[c][i] = channels[c][this.frame] * gain;
      this.advance();
    }
    this.sinceReport += output[0].length;
    if (this.audible !== null && this.sinceReport >= FRAMES_PER_REPORT) this.report();
    return true;
  }

  report() {
    this.sinceReport = 0;
    this.port.postMessage({ frame: this.frame, audible: this.audible, heard: [...this.heard] });
  }
}

registerProcessor("earwitness-mixer", Mixer);
