// Search by words in the browser, over one file of postings: BM25 (k1 1.2, b .75), as the words of `rag search`.
"use strict";
const $ = (selector) => document.querySelector(selector);
let data = null;
const ready = fetch("search.json").then((reply) => reply.json()).then((found) => { data = found; });

// The spelling in which words were stored, as near as a browser comes to it: accents off, lower case, pieces of scripts
// without spaces.
function words(text) {
  const folded = text.normalize("NFKC").toLowerCase().replaceAll("ß", "ss").normalize("NFD").replace(/\p{M}/gu, "").normalize("NFC");
  const found = [];
  for (const [word] of folded.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(word)) {
      for (let at = 0; at < word.length; at += 1) found.push(word.slice(at, at + 2));
    } else found.push(word);
  }
  return [...new Set(found)];
}

function search(question) {
  const total = data.passages.length;
  const mean = data.passages.reduce((sum, one) => sum + one[3], 0) / Math.max(total, 1);
  const scores = new Map();
  for (const word of words(question)) {
    const list = Object.hasOwn(data.postings, word) ? data.postings[word] : [];
    const weight = Math.log(1 + (total - list.length / 2 + 0.5) / (list.length / 2 + 0.5));
    for (let at = 0; at < list.length; at += 2) {
      const count = list[at + 1];
      const length = data.passages[list[at]][3] / mean;
      scores.set(list[at], (scores.get(list[at]) || 0) + weight * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length)));
    }
  }
  return [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 30).map(([number]) => data.passages[number]);
}

async function show() {
  await ready;
  const question = $("#q").value.trim();
  $("#all").hidden = Boolean(question);
  $("#hits").replaceChildren();
  if (!question) return;
  const titles = new Map(data.documents.map((one) => [one.id, one]));
  for (const [number, heading, text] of search(question)) {
    const item = document.createElement("li");
    const head = document.createElement("h2");
    const link = document.createElement("a");
    link.href = `d/${number}.html`;
    link.textContent = titles.get(number).title;
    head.append(link);
    const meta = document.createElement("p");
    meta.className = "meta";
    meta.textContent = [titles.get(number).key, heading].filter(Boolean).join(" · ");
    const body = document.createElement("p");
    body.className = "text";
    body.dir = "auto";
    body.textContent = text;
    item.append(head, meta, body);
    $("#hits").append(item);
  }
  if (!$("#hits").children.length) {
    const none = document.createElement("li");
    none.textContent = "Nothing was found.";
    $("#hits").append(none);
  }
}

$("#search").addEventListener("submit", (event) => { event.preventDefault(); show(); });
$("#q").addEventListener("input", show);
