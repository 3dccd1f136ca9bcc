// The kinds of answers: how each is read from its cell, written into it and noticed.
//
// An answer is `{value}` (a number), `{answer}` (a text), `{declined: true}`, or null: none yet.

const TYPING_PAUSE_MS = 800;

const declineOf = (cell) => cell.querySelector("[data-decline]");

// A decline is taken back by giving an answer, or by what was answered before.
function onDecline(cell, kind, onAnswer) {
  const decline = declineOf(cell);
  decline.addEventListener("change", () => {
    if (!decline.checked && kind.read(cell) === null) decline.checked = true;
    else onAnswer();
  });
}

const radios = (asBody) => ({
  read(cell) {
    const checked = cell.querySelector("input:checked:not([data-decline])");
    return checked && asBody(checked.value);
  },
  write(cell, body) {
    const wanted = String(body.value ?? body.answer);
    for (const input of cell.querySelectorAll("input:not([data-decline])")) {
      input.checked = input.value === wanted;
    }
  },
  bind(cell, onAnswer) {
    cell.addEventListener("change", onAnswer);
  },
});

const slider = {
  read(cell) {
    return "unset" in rangeOf(cell).parentElement.dataset ? null : { value: Number(rangeOf(cell).value) };
  },
  write(cell, body) {
    if (body.value !== undefined && body.value !== null) {
      rangeOf(cell).value = String(body.value);
      set(cell);
    }
    say(cell);
  },
  bind(cell, onAnswer) {
    const range = rangeOf(cell);
    const decline = declineOf(cell);
    const give = () => {
      set(cell);
      decline.checked = false;
      say(cell);
      onAnswer();
    };
    range.addEventListener("input", () => {
      set(cell);
      decline.checked = false;
      say(cell);
    });
    range.addEventListener("change", give);
    // Where it stands may be what is meant: a press or Enter takes it.
    range.addEventListener("click", () => slider.read(cell) ?? give());
    range.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      give();
    });
    onDecline(cell, slider, onAnswer);
    say(cell);
  },
};

const rangeOf = (cell) => cell.querySelector("input[type=range]");

function set(cell) {
  delete rangeOf(cell).parentElement.dataset.unset;
}

// What a screen reader says and what stands beside the slider: `62, Good`.
function say(cell) {
  const range = rangeOf(cell);
  const labels = range.dataset.labels.split("|");
  const share = (range.value - range.min) / (range.max - range.min);
  const label = labels[Math.min(labels.length - 1, Math.floor(share * labels.length))];
  const isSet = slider.read(cell) !== null;
  range.setAttribute("aria-valuetext", isSet ? `${range.value}, ${label}` : "not rated yet");
  const shown = cell.querySelector("output");
  shown.textContent = isSet ? range.value : "–";
  shown.dataset.label = isSet ? label : "";
}

const text = {
  read(cell) {
    const { value, dataset } = inputOf(cell);
    const typed = value.trim().replace(/\s+/g, " ");
    const isWhole = dataset.digits ? typed.length === Number(dataset.digits) : typed !== "";
    return isWhole ? { answer: typed } : null;
  },
  write(cell, body) {
    inputOf(cell).value = body.answer ?? "";
  },
  bind(cell, onAnswer) {
    const decline = declineOf(cell);
    let timer = null;
    let told = JSON.stringify(text.read(cell));
    const tell = () => {
      clearTimeout(timer);
      const now = JSON.stringify(text.read(cell));
      if (now === told || now === "null") return;
      told = now;
      onAnswer();
    };
    inputOf(cell).addEventListener("input", ({ target }) => {
      if (target.dataset.digits) target.value = target.value.replace(/[^0-9]/g, "");
      if (text.read(cell)) decline.checked = false;
      clearTimeout(timer);
      timer = setTimeout(tell, TYPING_PAUSE_MS);
    });
    inputOf(cell).addEventListener("change", tell);
    cell.addEventListener("earwitness:flush", tell);
    onDecline(cell, text, onAnswer);
  },
};

const inputOf = (cell) => cell.querySelector("input[type=text]");

const KINDS = {
  category: radios((value) => ({ value: Number(value) })),
  pick: radios((value) => ({ answer: value })),
  slider,
  text,
};

const kindOf = (cell) => KINDS[cell.dataset.kind];

/** The answer that a cell shows. */
export function read(cell) {
  return declineOf(cell).checked ? { declined: true } : kindOf(cell).read(cell);
}

/** Show an answer. */
export function write(cell, body) {
  declineOf(cell).checked = body.declined;
  kindOf(cell).write(cell, body);
}

/** Call `onAnswer` whenever the participant answers. */
export function bind(cell, onAnswer) {
  kindOf(cell).bind(cell, onAnswer);
}

/** Take what was typed but not yet sent. */
export function flush(cell) {
  cell.dispatchEvent(new Event("earwitness:flush"));
}
