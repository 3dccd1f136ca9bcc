// The level page: noise in a loop and a slider; the level set here holds for all pages.

import { bindKeys } from "./keys.js";
import { Player, fromDecibels } from "./player.js";

const form = document.querySelector("[data-level]");
const slider = form.querySelector("[name=gain_db]");
const player = new Player(form.querySelector("[data-player]"), Number(slider.value), {
  onEvent() {},
  onPlay: () => allowNext(),
  onHeard() {},
  onSounding() {},
});

function show() {
  const words = `${slider.value.replace("-", "−")} dB`;
  slider.setAttribute("aria-valuetext", words);
  form.querySelector("[data-part=gain]").textContent = words;
  player.gainDb = Number(slider.value);
}

function allowNext() {
  form.querySelector("[data-part=next]").disabled = false;
  form.querySelector("[data-part=next-hint]").hidden = true;
}

slider.addEventListener("input", show);
form.addEventListener("submit", () => player.stop());
bindKeys(player, form.querySelector("[data-shortcuts]"));
show();
player.load();
