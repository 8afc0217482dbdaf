"use strict";
// Everything can be read without this: it filters, sorts, copies, and opens what a link points to.

function shown(form, table, rows, matches) {
  const out = form.querySelector("output");
  const apply = () => {
    let left = 0;
    for (const row of rows) {
      row.hidden = !matches(row);
      left += row.hidden ? 0 : 1;
    }
    out.textContent = left + " of " + rows.length + " shown";
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
}

function filters() {
  const grid = document.getElementById("grid");
  if (grid) {
    const form = document.querySelector("#matrix .filters");
    const { stack, contract, state } = form.elements;
    shown(form, grid, [...grid.tBodies[0].rows], (row) =>
      row.dataset.stack.toLowerCase().includes(stack.value.trim().toLowerCase()) &&
      (!contract.value || row.dataset.contract === contract.value) &&
      (!state.value || row.dataset.states.split(" ").includes(state.value)));
  }
  const probes = document.getElementById("probes");
  if (probes) {
    const form = document.querySelector("#unspecified .filters");
    shown(form, probes, [...probes.tBodies], (body) =>
      body.dataset.input.toLowerCase().includes(form.elements.input.value.trim().toLowerCase()));
  }
}

function key(cell) {
  const said = cell.dataset.sort ?? cell.textContent.trim();
  const [first, second] = said.split(" ");
  const number = Number(first);
  return Number.isNaN(number) || said === "" ? said : [number, second === "inf" ? Infinity : Number(second ?? 0)];
}

function before(one, other) {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one[0] - other[0] || (other[1] || 0) - (one[1] || 0);
  }
  return String(one).localeCompare(String(other));
}

function sorting() {
  const grid = document.getElementById("grid");
  if (!grid) return;
  [...grid.tHead.rows[0].cells].forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent.trim();
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...grid.tBodies[0].rows];
      rows.sort((a, b) => before(key(a.cells[place]), key(b.cells[place])) * (down ? -1 : 1));
      grid.tBodies[0].append(...rows);
    });
  });
}

function copying() {
  for (const figure of document.querySelectorAll("figure.code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const text = figure.querySelector("code").textContent;
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        // a page from disk may lack the permission
        const area = document.createElement("textarea");
        area.value = text;
        figure.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
      }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    figure.append(button);
  }
}

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let at = target.parentElement; at; at = at.parentElement) {
    if (at instanceof HTMLDetailsElement) at.open = true;
  }
  target.scrollIntoView();
}

filters();
sorting();
copying();
addEventListener("hashchange", reveal);
reveal();
