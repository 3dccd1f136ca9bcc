// Small behaviour that every page shares: leaving the study, copying a code, sending a form once.

for (const button of document.querySelectorAll("[data-opens]")) {
  const dialog = document.getElementById(button.dataset.opens);
  button.addEventListener("click", () => dialog.showModal());
  dialog.querySelector("[data-closes]").addEventListener("click", () => dialog.close());
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    const said = document.getElementById(`${button.dataset.copies}-copied`);
    said.textContent = (await copy(source)) ? "Copied" : "Selected: copy it with Ctrl+C or ⌘C";
  });
}

async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    return true;
  } catch {
    getSelection().selectAllChildren(source); // no permission, or plain HTTP
    return false;
  }
}

// In a laboratory's booth one key leads to the next participant.
document.addEventListener("keydown", ({ key, ctrlKey, altKey, metaKey }) => {
  if (ctrlKey || altKey || metaKey) return;
  document.querySelector(`[data-key="${CSS.escape(key.toLowerCase())}"]`)?.click();
});

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

const summary = document.querySelector("[data-error-summary]");
summary?.focus();

// A page out of the back/forward cache may be over: ask the server which one is due.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});
