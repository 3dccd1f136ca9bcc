// A page with stimuli: what is asked about a version opens once it was heard; each answer is sent
// the moment it is given; "saved" shows only after the server's answer.

import { bind, flush, read, write } from "./cells.js";
import { Journal } from "./journal.js";
import { bindKeys } from "./keys.js";
import { Listening } from "./listening.js";
import { Outbox } from "./outbox.js";
import { Player } from "./player.js";
import { finishFirst, sign } from "./tab.js";

const HEARD_ENOUGH_S = 1;
const HEARD_SHARE = 0.9;
const CELL_WORDS = { saving: "Saving …", saved: "Saved", refused: "Not saved" };

const form = document.querySelector("[data-trial]");
const { session, trial, gainDb } = form.dataset;
const cells = [...form.querySelectorAll("[data-scale]")];
const keyOf = ({ dataset }) => `${dataset.slot}/${dataset.scale}`;
const needsOf = ({ dataset }) => dataset.needs.split(" ");
const cellsByKey = new Map(cells.map((cell) => [keyOf(cell), cell]));
const newest = new Map(); // cell key -> event of its newest answer
const ratesWhatSounds = "ratesWhatSounds" in form.dataset;
let chosen = null; // the slot that was played last
let hasLostFocus = false;
const part = (name) => document.querySelector(`[data-part="${name}"]`);

const outbox = await Outbox.open(session, Number(form.dataset.sequence));
const journal = new Journal(outbox, session, Number(trial));
const listening = new Listening();
const player = new Player(form.querySelector("[data-player]"), Number(gainDb), {
  onEvent: (kind, slot, value) => journal.note(kind, slot, value),
  onPlay(slot) {
    listening.played(slot);
    chosen = slot;
    openAll();
  },
  mayPlay: (slot) => listening.plays(slot) < Number(form.querySelector("[data-plays]").dataset.plays),
  onSounding(slot) {
    for (const cell of cells) cell.toggleAttribute("data-sounding", cell.dataset.slot === slot);
  },
  onHeard(slot, frames, rate) {
    listening.heard(slot, frames, rate);
    openAll();
  },
});

function start() {
  for (const cell of cells) {
    if (isAnswered(cell)) show(cell, "saved");
    bind(cell, () => answer(cell));
  }
  for (const entry of outbox.waiting) restore(entry);
  openAll();
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

const isAnswered = (cell) => read(cell) !== null;

const heardOf = (slot) => ({ listened_s: listening.seconds(slot), plays: listening.plays(slot) });

function answer(cell) {
  const { slot, scale } = cell.dataset;
  const url = `/s/${session}/slots/${slot}/ratings/${scale}`;
  const others = needsOf(cell).filter((other) => other !== slot);
  const entry = outbox.add(keyOf(cell), "PUT", url, (event, sequence) => ({
    event,
    sequence,
    declined: false,
    ...read(cell),
    ...heardOf(slot),
    others: others.map((other) => ({ slot: other, ...heardOf(other) })),
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
  write(cell, body);
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

// A clip of less than a second was heard when it was heard to its end.
const isHeard = (slot) =>
  listening.seconds(slot) >= Math.min(HEARD_ENOUGH_S, HEARD_SHARE * (player.duration || Infinity));

// Open what may be answered now; where only the version chosen last may be, close the others.
function openAll() {
  for (const cell of cells) {
    const mayBe = isAnswered(cell) || needsOf(cell).every(isHeard);
    const isMeant = !ratesWhatSounds || cell.dataset.slot === chosen;
    if (cell.disabled !== (mayBe && isMeant)) continue;
    if (cell.disabled) open(cell);
    else close(cell);
  }
}

function open(cell) {
  cell.disabled = false;
  part("opened").textContent = cell.dataset.opened;
  if (!hasLostFocus) return;
  hasLostFocus = false;
  controlOf(cell).focus();
}

// The keyboard goes on where the sound goes: the next cell that opens gets the focus.
function close(cell) {
  hasLostFocus ||= cell.contains(document.activeElement);
  cell.disabled = true;
}

const controlOf = (cell) => cell.querySelector("input:checked") ?? cell.querySelector("input");

async function next(submit) {
  submit.preventDefault();
  cells.forEach(flush);
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
  for (const { dataset } of form.querySelectorAll("[data-version]")) {
    journal.note("listened", dataset.slot, listening.frames(dataset.slot));
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
    (cell.disabled ? playButton(cell) : controlOf(cell)).focus();
  });
  const item = document.createElement("li");
  item.append(link);
  return item;
}

// The version to listen to first: one that was not heard yet, or the cell's own.
function playButton(cell) {
  const slot = needsOf(cell).find((one) => !isHeard(one)) ?? cell.dataset.slot;
  const button = form.querySelector(`[data-version][data-slot="${slot}"]`);
  return button.offsetParent ? button : form.querySelector("[data-part=toggle]");
}

function clearMissing(cell) {
  delete cell.dataset.missing;
  if (!cells.some(({ dataset }) => "missing" in dataset)) part("missing").hidden = true;
}

start();
