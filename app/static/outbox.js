// What the participant did and the server has not yet acknowledged.
//
// Every entry is named by the client (`event`), written to IndexedDB before it is sent, sent in
// order and again until the server answers, and only then removed. The server stores an entry
// once, however often it arrives.

import { headers, lost, whenHeld } from "./tab.js";

const RETRY_MS = [500, 1000, 2000, 4000];
const REQUEST_TIMEOUT_MS = 15000;
const STORE = "entries";

/** A random UUID, also without a secure context (plain HTTP on a LAN). */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * The queue of one session. Dispatches `change` (see `state`), `delivered` and `refused`
 * (`detail`: the entry, with `message` when refused).
 */
export class Outbox extends EventTarget {
  #session;
  #store;
  #queue = [];
  #failures = 0;
  #isDelivering = false;
  #wake = () => {};
  #lastOrder; // no order number given so far is higher

  /** `floor`: the highest order number that the server knows. */
  static async open(session, floor) {
    const outbox = new Outbox(session, await openStore(), floor);
    outbox.#queue = await outbox.#store.entriesOf(session);
    addEventListener("online", () => outbox.retry());
    document.addEventListener("visibilitychange", () => outbox.retry());
    outbox.#deliver();
    return outbox;
  }

  constructor(session, store, floor) {
    super();
    this.#session = session;
    this.#store = store;
    this.#lastOrder = floor;
  }

  /** Entries that wait for the server's answer, oldest first. */
  get waiting() {
    return [...this.#queue];
  }

  /** `saved`: nothing waits; `saving`: under way; `offline`: the server was not reached. */
  get state() {
    if (this.#queue.length === 0) return "saved";
    return this.#failures > 0 ? "offline" : "saving";
  }

  /** Keep and send what `makeBody(event, order)` gives; `key` names what it is about. */
  add(key, method, url, makeBody) {
    const event = uuid();
    const order = this.#nextOrder();
    const body = makeBody(event, order);
    const entry = { event, session: this.#session, order, key, method, url, body };
    this.#queue.push(entry);
    this.#change();
    this.#store.put(entry).finally(() => this.#deliver());
    return entry;
  }

  // Grows with every call, also after a reload or on another device.
  #nextOrder() {
    this.#lastOrder = Math.max(this.#lastOrder + 1, Date.now());
    return this.#lastOrder;
  }

  /** Resolves when everything is acknowledged. */
  async settled() {
    while (this.#queue.length > 0) {
      this.retry();
      await new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
    }
  }

  retry() {
    this.#wake();
    this.#deliver();
  }

  async #deliver() {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    while (this.#queue.length > 0) {
      const [entry] = this.#queue;
      await whenHeld();
      const answer = await send(entry);
      if (answer.isFinal) await this.#finish(entry, answer);
      else await this.#wait();
    }
    this.#isDelivering = false;
  }

  async #finish(entry, { message }) {
    this.#failures = 0;
    this.#queue.shift();
    await this.#store.remove(entry.event);
    const type = message ? "refused" : "delivered";
    this.dispatchEvent(new CustomEvent(type, { detail: { ...entry, message } }));
    this.#change();
  }

  async #wait() {
    const pause = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)];
    this.#failures += 1;
    this.#change();
    await new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, pause * (0.75 + Math.random() / 2));
    });
  }

  #change() {
    this.dispatchEvent(new Event("change"));
  }
}

// One attempt. Final is what repeating cannot change: stored, or refused for good.
async function send({ method, url, body }) {
  try {
    const response = await fetch(url, {
      method,
      headers: { "Content-Type": "application/json", ...headers() },
      body: JSON.stringify(body),
      keepalive: true, // goes on while the page is left
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (response.status === 409) {
      lost(); // nothing is dropped: it is sent when this tab has the session again
      return { isFinal: false };
    }
    if (response.ok) return { isFinal: (await response.json()).ok === true };
    if (response.status >= 500 || [408, 425, 429].includes(response.status)) return { isFinal: false };
    const refusal = await response.json().catch(() => null);
    return { isFinal: true, message: refusal?.error?.message ?? "The server refused this answer." };
  } catch {
    return { isFinal: false };
  }
}

async function openStore() {
  try {
    return new DiskStore(await promised(openDatabase()));
  } catch {
    return new MemoryStore(); // storage is blocked: entries live as long as the page
  }
}

function openDatabase() {
  const request = indexedDB.open("earwitness", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "event" });
  return request;
}

function promised(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

class DiskStore {
  constructor(database) {
    this.database = database;
  }

  #change(action) {
    const transaction = this.database.transaction(STORE, "readwrite", { durability: "strict" });
    action(transaction.objectStore(STORE));
    return new Promise((resolve) => {
      transaction.oncomplete = resolve;
      transaction.onabort = resolve; // a full disk must not keep an answer from being sent
    });
  }

  put(entry) {
    return this.#change((store) => store.put(entry));
  }

  remove(event) {
    return this.#change((store) => store.delete(event));
  }

  async entriesOf(session) {
    const all = await promised(this.database.transaction(STORE).objectStore(STORE).getAll());
    return all.filter((entry) => entry.session === session).sort((a, b) => a.order - b.order);
  }
}

class MemoryStore {
  async put() {}

  async remove() {}

  async entriesOf() {
    return [];
  }
}
