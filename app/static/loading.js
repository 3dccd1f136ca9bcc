// Fetch and decode all versions of a page before the first one sounds.

import { FADE_S, raisedCosine } from "./engine.js";

const ATTEMPTS = 3;
const RETRY_AFTER_MS = 800;
const WAV_HEADER_BYTES = 44;

/**
 * Load equally long WAV files as AudioBuffers at their own rate.
 * `onProgress` gets the loaded share, 0 … 1.
 */
export async function loadVersions(urls, onProgress) {
  const shares = urls.map(() => 0);
  const files = await Promise.all(
    urls.map((url, index) =>
      fetchAudio(url, (share) => {
        shares[index] = share;
        onProgress(shares.reduce((sum, value) => sum + value, 0) / urls.length);
      }),
    ),
  );
  const buffers = await Promise.all(files.map(decode));
  const [first] = buffers;
  const alike = (buffer) =>
    buffer.length === first.length && buffer.numberOfChannels === first.numberOfChannels;
  if (!buffers.every(alike)) throw new Error("The versions of this page differ in length.");
  buffers.forEach(fadeEnds);
  return buffers;
}

async function fetchAudio(url, onShare) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readAll(await fetch(url), onShare);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS * attempt));
    }
  }
}

async function readAll(response, onShare) {
  if (!response.ok) throw new Error(`The audio could not be loaded (${response.status}).`);
  const total = Number(response.headers.get("Content-Length")) || 0;
  const chunks = [];
  let size = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
    if (total) onShare(Math.min(1, size / total));
  }
  onShare(1);
  return new Blob(chunks).arrayBuffer();
}

// The context takes the file's own rate: nothing is resampled before the sound card.
async function decode(file) {
  if (file.byteLength <= WAV_HEADER_BYTES) throw new Error("An audio file of this page is empty.");
  const rate = new DataView(file).getUint32(24, true);
  return new OfflineAudioContext(1, 1, rate).decodeAudioData(file);
}

// Loop ends fade like switches do (ITU-R BS.1534-3), so that a loop never clicks.
function fadeEnds(buffer) {
  const envelope = raisedCosine(Math.round(FADE_S * buffer.sampleRate));
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) {
    const samples = buffer.getChannelData(channel);
    envelope.forEach((gain, k) => {
      samples[k] *= gain;
      samples[samples.length - 1 - k] *= gain;
    });
  }
}
