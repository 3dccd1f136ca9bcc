"use strict";
// Conveniences alone: sort a table by a column, open everything, copy the text for a paper.
(() => {
  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", () => act(made));
    return made;
  };

  const number = (text) => {
    const plain = text.replace(/−/g, "-").replace(/^[<>]\s*/, "").replace(/^([+-]?)\./, "$10.");
    const value = parseFloat(plain);
    return Number.isNaN(value) ? null : value;
  };

  const compare = (a, b) => {
    const [x, y] = [number(a), number(b)];
    if (x !== null && y !== null) return x - y;
    if (x !== null || y !== null) return x !== null ? -1 : 1;
    return a.localeCompare(b);
  };

  const sort = (table, column, heading) => {
    const up = heading.getAttribute("aria-sort") !== "ascending";
    table.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const body = table.tBodies[0];
    const text = (row) => (row.cells[column] ? row.cells[column].textContent.trim() : "");
    [...body.rows]
      .sort((a, b) => (up ? 1 : -1) * compare(text(a), text(b)))
      .forEach((row) => body.append(row));
  };

  document.querySelectorAll("table").forEach((table) => {
    if (!table.tHead || table.tBodies[0].rows.length < 3) return;
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const made = button(heading.textContent, () => sort(table, column, heading));
      made.className = "sort";
      heading.replaceChildren(made);
    });
  });

  const all = [...document.querySelectorAll("details")];
  document.querySelector("header").append(
    button("Open all details", (made) => {
      const open = all.some((part) => !part.open);
      all.forEach((part) => { part.open = open; });
      made.textContent = open ? "Close all details" : "Open all details";
    }),
  );

  document.querySelectorAll("[data-copy]").forEach((text) => {
    text.before(button("Copy this text", async (made) => {
      try {
        await navigator.clipboard.writeText(text.innerText);
        made.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        made.textContent = "Selected: copy it now";
      }
    }));
  });

  addEventListener("beforeprint", () => all.forEach((part) => { part.open = true; }));
})();
