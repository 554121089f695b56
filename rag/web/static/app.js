// What the page does beyond reading: ask and watch, live search, thumbs, sharing, writing, progress. No library.
"use strict";
const $ = (selector, root = document) => root.querySelector(selector);
const told = (text) => { $("#told").textContent = text; clearTimeout(told.timer); told.timer = setTimeout(() => { $("#told").textContent = ""; }, 5000); };

async function call(method, path, body) {
  const options = { method, headers: body === undefined ? {} : { "content-type": "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  const reply = await fetch(path, options);
  if (reply.status === 204) return null;
  const value = await reply.json();
  if (!reply.ok) throw new Error([value.error.message, value.error.hint].filter(Boolean).map((text) => text.replace(/[.]$/, "")).join(". ") + ".");
  return value;
}
const attempt = async (work) => { try { return await work(); } catch (error) { told(error.message); return undefined; } };

// -- ask ------------------------------------------------------------------------------------------------------------
async function* events(reply) {
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffer += value;
    let end;
    while ((end = buffer.indexOf("\n\n")) >= 0) {
      const lines = buffer.slice(0, end).split("\n");
      buffer = buffer.slice(end + 2);
      const name = lines.find((line) => line.startsWith("event: "));
      const data = lines.find((line) => line.startsWith("data: "));
      if (name && data) yield [name.slice(7), JSON.parse(data.slice(6))];
    }
  }
}

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

let conversation = null;
let asking = null;
async function ask(question) {
  document.body.classList.add("asked");
  $("#recent")?.remove();
  const exchange = element("section", "exchange");
  exchange.append(element("h2", "", question));
  exchange.firstChild.dir = "auto";
  const state = element("p", "waiting", "Searching");
  const prose = element("div", "prose");
  exchange.append(state, prose);
  $("#conversation").prepend(exchange);
  asking?.abort();
  asking = new AbortController();
  const body = { question };
  if (conversation) body.conversation = conversation;
  try {
    const reply = await fetch("/-/ask", { method: "POST", signal: asking.signal, body: JSON.stringify(body),
      headers: { "content-type": "application/json", accept: "text/event-stream" } });
    if (!reply.ok) throw new Error((await reply.json()).error.message);
    for await (const [name, data] of events(reply)) {
      if (name === "waiting" && data.ahead > 0) state.textContent = `${data.ahead} before you`;
      if (name === "found") {
        const titles = [...new Set(data.items.map((one) => one.title || one.key))].slice(0, 3);
        state.textContent = titles.length ? `Reading ${titles.join(", ")}` : "Nothing was found";
      }
      if (name === "text") { prose.append(data.text); prose.style.whiteSpace = "pre-line"; }
      if (name === "error") throw new Error(data.error.message);
      if (name === "html") {
        state.remove(); prose.remove();
        exchange.insertAdjacentHTML("beforeend", data.html);
        if (data.id && !conversation) conversation = data.id;
      }
    }
  } catch (error) {
    state.className = "warn";
    state.textContent = error.name === "AbortError" ? "Stopped." : error.message;
  }
}

const form = $("#ask");
if (form) {
  const box = $("#q", form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const question = box.value.trim();
    if (!question) return;
    box.value = "";
    ask(question);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
  if (box.value.trim()) form.requestSubmit();
}

// -- search ---------------------------------------------------------------------------------------------------------
const search = $("#search");
if (search) {
  let timer, running;
  const live = async () => {
    const query = new URLSearchParams(new FormData(search));
    for (const [name, value] of [...query]) if (!value || (name === "mode" && value === "hybrid")) query.delete(name);
    history.replaceState(null, "", `/search?${query}`);
    query.set("fragment", "true");
    running?.abort();
    running = new AbortController();
    try {
      const reply = await fetch(`/search?${query}`, { signal: running.signal });
      if (reply.ok) $("#hits").innerHTML = await reply.text();
    } catch (error) { if (error.name !== "AbortError") told(error.message); }
  };
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(live, 180); });
  search.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); live(); });
}

// -- answers, sources, documents, jobs ------------------------------------------------------------------------------
document.addEventListener("click", (event) => attempt(async () => {
  const button = event.target.closest("button");
  if (!button) return;
  const answer = button.closest(".answer")?.dataset.id;
  if (button.dataset.thumb && answer) {
    const value = button.getAttribute("aria-pressed") === "true" ? 0 : Number(button.dataset.thumb);
    await call("PUT", `/api/answers/${answer}/thumb`, { thumb: value });
    for (const each of button.parentElement.querySelectorAll("[data-thumb]")) each.setAttribute("aria-pressed", String(Number(each.dataset.thumb) === value));
  } else if ("share" in button.dataset && answer) {
    if (button.dataset.share) {
      await call("DELETE", `/api/answers/${answer}/share`);
      button.dataset.share = ""; button.textContent = "Share"; told("The address leads nowhere now.");
    } else {
      const { short, path } = await call("PUT", `/api/answers/${answer}/share`, undefined);
      button.dataset.share = short; button.textContent = "Stop sharing";
      const address = new URL(path, location.href).href;
      await navigator.clipboard?.writeText(address).catch(() => {});
      told(address);
    }
  } else if (button.dataset.refresh) {
    button.disabled = true; button.textContent = "Reading …";
    try {
      const done = await call("POST", `/api/sources/${button.dataset.refresh}/refresh`);
      told(`${done.added} added, ${done.changed} changed, ${done.removed} removed`);
    } finally { button.disabled = false; button.textContent = "Refresh"; }
  } else if (button.dataset.stop) {
    await call("POST", `/api/jobs/${button.dataset.stop}/stop`);
    button.disabled = true; button.textContent = "Stopping …";
  } else if (button.id === "delete") {
    if (!confirm("Delete this document?")) return;
    await call("DELETE", `/api/documents/${$("#edit").dataset.id}`);
    location.href = "/documents";
  }
}));

$("#edit")?.addEventListener("submit", (event) => attempt(async () => {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(event.target));
  const number = event.target.dataset.id;
  const done = number ? await call("PATCH", `/api/documents/${number}`, given)
    : (await call("POST", "/api/documents", { documents: [{ ...given, kind: "markdown" }] })).documents[0];
  location.href = `/d/${done.id}`;
}));

// -- records --------------------------------------------------------------------------------------------------------
const fields = $("#fields");
const wrong = (text) => { $("#wrong").textContent = text[0].toUpperCase() + text.slice(1); fields.setAttribute("aria-invalid", "true"); fields.focus(); };
fields?.addEventListener("input", () => { $("#wrong").textContent = ""; fields.removeAttribute("aria-invalid"); });
fields?.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit(); });
$("#job")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value.trim()));
  if (!given.schema) { wrong("Say which fields to look for, like: title, date date, price float."); return; }
  if (given.limit) given.limit = Number(given.limit);
  try { if (given.schema.trim().startsWith("{")) given.schema = JSON.parse(given.schema); } catch { /* not JSON: told by the server */ }
  const button = $("button", event.target);
  button.disabled = true; button.textContent = "Starting …";
  try {
    const done = await call("POST", "/api/jobs", given);
    location.href = `/jobs/${done.id}`;
  } catch (error) {
    button.disabled = false; button.textContent = "Extract";
    wrong(error.message);
  }
});

// The rows of a job as they come: only what changed is put in, so that nothing moves under a finger or loses the focus.
function renew(now, next) {
  if (!next || !now) return;
  if (now.outerHTML !== next.outerHTML) now.replaceWith(next);
}
async function rows() {
  const query = new URLSearchParams(location.search);
  query.set("fragment", "true");
  const reply = await fetch(`${location.pathname}?${query}`);
  if (!reply.ok) throw new Error("The rows cannot be read now.");
  const made = element("div");
  made.innerHTML = await reply.text();
  const [old, fresh] = [$("#records"), $("#records", made)];
  if (!old || !fresh) $("#job-rows").replaceChildren(...made.childNodes);
  else {
    for (const body of [...fresh.tBodies]) {
      const known = document.getElementById(body.id);
      if (known) renew(known, body); else old.append(body);
    }
    for (const name of ["#state", "#more", "#legend"]) renew($(name), $(name, made));
  }
  const state = $("#state");
  if (state.dataset.job) setTimeout(() => attempt(rows), Number(state.dataset.wait));
  else { $("[data-stop]")?.remove(); told($("#state .counts").textContent); }
}
if ($("#state[data-job]")) setTimeout(() => attempt(rows), Number($("#state").dataset.wait));

// -- what is new since the last visit -------------------------------------------------------------------------------
const news = $("#news");
if (news) attempt(async () => {
  const seen = Number(localStorage.getItem("seen") || 0);
  const status = await call("GET", `/api/status?since=${seen}`);
  let count = 0;
  for (const one of Object.values(status.changed)) count += one.added + one.changed;
  if (seen && count) {
    const link = element("a", "", `${count} ${count === 1 ? "document is" : "documents are"} new or changed`);
    link.href = `/changes?since=${seen}`;
    news.append(link, " since your last visit."); news.hidden = false;
  }
  localStorage.setItem("seen", String(status.version));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || /INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName)) return;
  const box = $("#q") || $("#words");
  if (box) { event.preventDefault(); box.focus(); box.select?.(); } else location.href = "/search";
});
