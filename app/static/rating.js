// A rating or training page: the scales of a version open once it was heard; each answer is sent
// the moment it is given; "saved" shows only after the server's answer.

import { Journal } from "./journal.js";
import { bindKeys } from "./keys.js";
import { Listening } from "./listening.js";
import { Outbox } from "./outbox.js";
import { Player } from "./player.js";
import { finishFirst, sign } from "./tab.js";

const HEARD_ENOUGH_S = 1;
const DECLINED = "declined";
const CELL_WORDS = { saving: "Saving …", saved: "Saved", refused: "Not saved" };

const form = document.querySelector("[data-trial]");
const { session, trial, gainDb } = form.dataset;
const cells = [...form.querySelectorAll("[data-scale]")];
const keyOf = ({ dataset }) => `${dataset.slot}/${dataset.scale}`;
const cellsByKey = new Map(cells.map((cell) => [keyOf(cell), cell]));
const newest = new Map(); // cell key -> event of its newest answer
const part = (name) => document.querySelector(`[data-part="${name}"]`);

const outbox = await Outbox.open(session, Number(form.dataset.sequence));
const journal = new Journal(outbox, session, Number(trial));
const listening = new Listening();
const player = new Player(form.querySelector("[data-player]"), Number(gainDb), {
  onEvent: (kind, slot, value) => journal.note(kind, slot, value),
  onPlay: (slot) => listening.played(slot),
  onSounding(slot) {
    for (const cell of cells) cell.toggleAttribute("data-sounding", cell.dataset.slot === slot);
  },
  onHeard(slot, frames, rate) {
    listening.heard(slot, frames, rate);
    openIfHeard(slot);
  },
});

function start() {
  for (const cell of cells) {
    if (isAnswered(cell)) show(cell, "saved");
    cell.addEventListener("change", ({ target }) => answer(cell, target.value));
  }
  for (const entry of outbox.waiting) restore(entry);
  for (const { dataset } of cells) openIfHeard(dataset.slot);
  outbox.addEventListener("change", showState);
  outbox.addEventListener("delivered", ({ detail }) => settle(detail, "saved"));
  outbox.addEventListener("refused", ({ detail }) => settle(detail, "refused"));
  form.addEventListener("submit", next);
  document.addEventListener("earwitness:elsewhere", () => player.stop());
  finishFirst(() => outbox.settled());
  bindKeys(player, form.querySelector("[data-shortcuts]"));
  showState();
  player.load();
}

const isAnswered = (cell) => cell.querySelector("input:checked") !== null;

function answer(cell, value) {
  const { slot, scale } = cell.dataset;
  const url = `/s/${session}/slots/${slot}/ratings/${scale}`;
  const declined = value === DECLINED;
  const entry = outbox.add(keyOf(cell), "PUT", url, (event, sequence) => ({
    event,
    sequence,
    value: declined ? null : Number(value),
    declined,
    listened_s: listening.seconds(slot),
    plays: listening.plays(slot),
    client_at: new Date().toISOString(),
  }));
  newest.set(entry.key, entry.event);
  show(cell, "saving");
  clearMissing(cell);
}

// An answer that an earlier visit of this page could not deliver is newer than the server's.
function restore({ key, event, body }) {
  const cell = cellsByKey.get(key);
  if (!cell) return;
  const value = body.declined ? DECLINED : String(body.value);
  cell.querySelector(`input[value="${value}"]`).checked = true;
  newest.set(key, event);
  show(cell, "saving");
}

function settle({ key, event, message }, state) {
  if (newest.get(key) === event) show(cellsByKey.get(key), state, message);
}

function show(cell, state, message) {
  cell.dataset.state = state;
  const words = message ? `${CELL_WORDS[state]}: ${message}` : CELL_WORDS[state];
  cell.querySelector("[data-part=cell-state]").textContent = words;
}

function showState() {
  const keys = outbox.waiting.map(({ key }) => key).filter((key) => cellsByKey.has(key));
  const count = new Set(keys).size;
  const state = count === 0 ? "saved" : outbox.state;
  const kept = count === 1 ? "1 answer is" : `${count} answers are`;
  const words = {
    saved: cells.some(isAnswered) ? "All answers saved" : "Answers are saved as you give them",
    saving: "Saving …",
    offline: `No connection: ${kept} kept on this device and will be sent`,
  };
  if (part("saved").textContent === words[state]) return;
  part("saved").dataset.state = state;
  part("saved").textContent = words[state];
}

function openIfHeard(slot) {
  const own = cells.filter(({ dataset }) => dataset.slot === slot);
  if (!own[0].disabled) return;
  if (!own.some(isAnswered) && listening.seconds(slot) < HEARD_ENOUGH_S) return;
  for (const cell of own) cell.disabled = false;
  part("opened").textContent = `${own[0].dataset.name} can be rated now.`;
}

async function next(submit) {
  submit.preventDefault();
  const missing = cells.filter((cell) => "required" in cell.dataset && !isAnswered(cell));
  if (missing.length > 0) return explain(missing);
  if (form.dataset.leaving) return;
  form.dataset.leaving = "yes";
  player.stop();
  noteListening();
  journal.send();
  part("waiting").hidden = false;
  await outbox.settled();
  sign(form);
  form.submit();
}

// Frames heard per version over all visits of this page.
function noteListening() {
  for (const slot of new Set(cells.map(({ dataset }) => dataset.slot))) {
    journal.note("listened", slot, listening.frames(slot));
  }
}

function explain(missing) {
  for (const cell of missing) cell.dataset.missing = "";
  part("missing").querySelector("ul").replaceChildren(...missing.map(missingLink));
  part("missing").hidden = false;
  part("missing").focus();
}

function missingLink(cell) {
  const link = document.createElement("a");
  link.href = `#${cell.id}`;
  link.textContent = cell.dataset.title + (cell.disabled ? " (listen to it first)" : "");
  link.addEventListener("click", (event) => {
    event.preventDefault();
    (cell.disabled ? playButton(cell.dataset.slot) : cell.querySelector("input")).focus();
  });
  const item = document.createElement("li");
  item.append(link);
  return item;
}

const playButton = (slot) => form.querySelector(`[data-version][data-slot="${slot}"]`);

function clearMissing(cell) {
  delete cell.dataset.missing;
  if (!cells.some(({ dataset }) => "missing" in dataset)) part("missing").hidden = true;
}

start();
