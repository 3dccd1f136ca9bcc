// One session, one open tab. This tab holds the session, or says that another tab or device does
// and offers to take over; until then nothing here is sent. See app/tabs.py.

const ROLL_CALL_MS = 150;
const LONG_ROLL_CALL_MS = 1500; // a tab that is being reloaded is back by then
const CHECK_MS = 5000;

const session = document.documentElement.dataset.session;
const dialog = document.getElementById("elsewhere");
// Without it (old browsers) the server still knows who has the session; it is told a little later.
const channel =
  "BroadcastChannel" in window ? new BroadcastChannel(`earwitness:${session}`) : new EventTarget();
channel.postMessage ??= () => {};
const word = () => Math.random().toString(36).slice(2).padEnd(12, "0"); // a name, not a secret
const browser = kept(() => localStorage, `earwitness:browser:${session}`, word());
let name = kept(() => sessionStorage, `earwitness:tab:${session}`, `${browser}.${word()}`);
let release = () => {};
let held = new Promise((resolve) => (release = resolve));
let isHeld = false;
let beforeReload = async () => {};
let comesBack = false; // this tab leaves the page for the session's next one

/** The headers that name this tab in a request. */
export const headers = () => ({ "X-Earwitness-Tab": name });

/** Name this tab in a form that is about to be sent. */
export function sign(form) {
  const field = { type: "hidden", name: "tab", value: name };
  form.append(Object.assign(document.createElement("input"), field));
  comesBack = true;
}

/** Resolves while this tab may answer. */
export const whenHeld = () => held;

/** What to finish after a take-over, before the page shows what is stored now. */
export function finishFirst(task) {
  beforeReload = task;
}

/** The server said that another tab holds the session. */
export function lost() {
  if (isHeld) held = new Promise((resolve) => (release = resolve));
  isHeld = false;
  document.dispatchEvent(new Event("earwitness:elsewhere"));
  if (!dialog.open) dialog.showModal();
}

function won() {
  isHeld = true;
  release();
  if (dialog.open) dialog.close();
}

// Value of a storage key, made once; storage may be blocked, and then lasts as long as the page.
function kept(storage, key, fresh) {
  try {
    const value = storage().getItem(key) ?? fresh;
    storage().setItem(key, value);
    return value;
  } catch {
    return fresh;
  }
}

// The other tabs of this browser that have the session open. A duplicated tab has our name too.
async function rollCall(wait = ROLL_CALL_MS) {
  const alive = new Set();
  const note = ({ data }) => data.alive && alive.add(data.alive);
  channel.addEventListener("message", note);
  channel.postMessage({ ask: true });
  await new Promise((resolve) => setTimeout(resolve, wait));
  channel.removeEventListener("message", note);
  return alive;
}

// Ask for the session; true when this tab has it. Without an answer the next request will tell.
async function hold(query = "") {
  try {
    const response = await fetch(`/s/${session}/tab/${name}${query}`, {
      method: "POST",
      signal: AbortSignal.timeout(CHECK_MS),
    });
    return response.ok ? await response.json() : { held: true };
  } catch {
    return { held: true };
  }
}

async function enter() {
  const alive = await rollCall();
  if (alive.has(name)) name = `${browser}.${word()}`;
  let answer = await hold();
  // A tab of this browser that does not answer any more was closed or crashed.
  if (!answer.held && (await isGone(answer.holder, alive))) answer = await hold("?take");
  if (answer.held) won();
  else lost();
}

async function isGone(holder, alive) {
  if (!holder.startsWith(`${browser}.`) || alive.has(holder)) return false;
  return !(await rollCall(LONG_ROLL_CALL_MS)).has(holder);
}

async function check() {
  if (document.visibilityState === "visible" && isHeld && !(await hold()).held) lost();
}

async function takeOver() {
  if (!(await hold("?take")).held) return;
  channel.postMessage({ taken: name });
  won();
  await beforeReload();
  comesBack = true;
  location.reload();
}

// A form waits until it is known that this tab may send it; what was typed stays in it.
async function submit(event) {
  const form = event.target;
  if (!form.action.includes("/pages/") || form.elements.tab) return;
  event.preventDefault();
  if (!(await hold()).held) {
    delete form.dataset.sent;
    return lost();
  }
  sign(form);
  form.submit();
}

channel.addEventListener("message", ({ data }) => {
  if (data.ask) channel.postMessage({ alive: name });
  if (data.taken && data.taken !== name) lost();
});
dialog.addEventListener("cancel", (event) => event.preventDefault());
dialog.querySelector("[data-take]").addEventListener("click", takeOver);
document.addEventListener("submit", submit);
document.addEventListener("visibilitychange", check);
addEventListener("pagehide", () => {
  // Between two pages of one tab the session is not free: an older tab could answer meanwhile.
  if (!comesBack) navigator.sendBeacon(`/s/${session}/tab/${name}/close`);
});
addEventListener("pageshow", () => (comesBack = false)); // back from the browser's page cache
enter();
