// Keyboard shortcuts of the player: letters choose a version, Space or P plays and pauses.
// They can be turned off (WCAG 2.2, 2.1.4). Escape is no character and always silences.

const STORED = "earwitness:shortcuts";

/** Listen for shortcuts; `toggle` is the check box that turns the letters and Space on or off. */
export function bindKeys(player, toggle) {
  toggle.checked = read() !== "off";
  toggle.addEventListener("change", () => write(toggle.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return player.silence();
    if (!toggle.checked || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.repeat || document.querySelector("dialog[open]")) return;
    if (act(player, event)) event.preventDefault();
  });
}

function act(player, { key, target }) {
  if (target.matches("textarea, input[type=text]")) return false;
  if (key === " " ? !takesSpace(target) : key.toLowerCase() === "p") {
    player.toggle();
    return true;
  }
  if (key.length !== 1) return false;
  const index = player.letters.indexOf(key.toUpperCase());
  if (index < 0) return false;
  player.choose(index);
  return true;
}

// Space keeps its own meaning on everything that it operates; a chosen radio does nothing with it.
function takesSpace(target) {
  return target.matches("button, a, summary, select, input:not([type=range], [type=radio]:checked)");
}

function read() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // storage is blocked: shortcuts are on
  }
}

function write(value) {
  try {
    localStorage.setItem(STORED, value);
  } catch {
    // storage is blocked: the choice holds for this page
  }
}
