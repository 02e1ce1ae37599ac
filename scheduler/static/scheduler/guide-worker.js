/* Today's tours for a guide without a network. Answers for /guide/ only; nothing newer than Chrome 80 knows.

   Pages come from the network. Where it does not answer, the page that was kept last is shown, which says itself what time it is from.
   Kept are this guide's own two pages: today in full until midnight, the next days without names. A page that asks to sign in, or
   refuses, takes both away; so does signing out (Clear-Site-Data). Nothing that was pressed is ever kept to be sent later. */
"use strict";
const KEPT = "qonaq-guide-kept";
const SHELL = "qonaq-guide-shell";
const PAGES = ["kept/", "kept/ahead/"].map((path) => new URL(path, self.registration.scope).pathname);
const PATIENCE = 8000; // milliseconds that a page may take before what was kept is better
const PARTS = ["style", "font", "image", "script"];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(expire().then(() => self.clients.claim())));

self.addEventListener("message", (event) => {
  if (event.data && event.data.keep) event.waitUntil(keep(event.data.keep));
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (PARTS.includes(request.destination)) event.respondWith(part(request));
});

async function page(request) {
  const asked = fetch(request);
  const answer = await Promise.race([asked.catch(() => null), new Promise((done) => setTimeout(done, PATIENCE))]);
  if (!answer) return (await kept()) || asked;
  if (refuses(answer)) await forget();
  return answer;
}

async function part(request) {
  try {
    return await fetch(request);
  } catch (away) {
    const found = await (await caches.open(SHELL)).match(request, { ignoreVary: true });
    if (found) return found;
    throw away;
  }
}

async function keep(parts) {
  await expire();
  const box = await caches.open(KEPT);
  for (const path of PAGES) {
    let answer;
    try {
      answer = await fetch(path, { redirect: "manual", credentials: "same-origin", cache: "no-store" });
    } catch (away) {
      return; // what was kept before is still the best there is
    }
    if (answer.ok) await box.put(path, answer);
    else if (refuses(answer)) return forget();
  }
  const shell = await caches.open(SHELL);
  for (const old of await shell.keys()) if (!parts.includes(old.url)) await shell.delete(old);
  await Promise.all(parts.map((part) => shell.add(part).catch(() => undefined))); // without a font it is read all the same
}

async function kept() {
  await expire();
  const box = await caches.open(KEPT);
  for (const path of PAGES) {
    const found = await box.match(path, { ignoreVary: true });
    if (found) return found;
  }
  return undefined;
}

async function expire() {
  const box = await caches.open(KEPT);
  for (const path of PAGES) {
    const found = await box.match(path, { ignoreVary: true });
    if (found && !(Date.now() < Number(found.headers.get("X-Kept-Until")))) await box.delete(path, { ignoreVary: true });
  }
}

function refuses(answer) {
  return answer.type === "opaqueredirect" || [401, 403, 404, 410].includes(answer.status);
}

function forget() {
  return caches.delete(KEPT);
}
