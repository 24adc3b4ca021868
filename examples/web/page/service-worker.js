// Keeps one build of the page for visits without a connection. Written above by page.mjs: VERSION, FILES that are kept
// at once, and LATER, what is kept once the page has time, or somebody asks for it.
import { BASELINE, hasRelaxedSimd, RELAXED } from '../../../crates/web/npm/src/programs';

/** The compiled program that this browser does not take. */
const OTHER = hasRelaxedSimd() ? BASELINE : RELAXED;

const NAME = `hrm-page-${VERSION}`;

self.addEventListener('install', (event) => {
  const keep = async () => {
    const cache = await caches.open(NAME);
    // Asks the server whether what the browser has is still current, so that builds are never mixed.
    const files = FILES.filter((file) => !file.endsWith(`/${OTHER}`));
    await cache.addAll(['./', ...files].map((file) => new Request(file, { cache: 'no-cache' })));
  };
  event.waitUntil(keep());
});

// A page and its parts are of one build: another one takes over when no page is open, or when the user says so.
self.addEventListener('message', (event) => {
  if (event.data === 'take over') self.skipWaiting();
  if (event.data === 'keep the rest') event.waitUntil(keepRest(event.source));
});

/** Keeps what is not kept yet, and tells the page that asked. */
async function keepRest(client) {
  const cache = await caches.open(NAME);
  for (const file of LATER) if (!(await cache.match(file))) await cache.add(file);
  client?.postMessage('kept');
}

self.addEventListener('activate', (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith('hrm-page-') && name !== NAME) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  const answer = async () => {
    const cache = await caches.open(NAME);
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    const response = await fetch(request);
    const isLater = LATER.some((file) => new URL(file, location.href).href === request.url);
    if (isLater && response.ok) await cache.put(request, response.clone());
    return response;
  };
  event.respondWith(answer());
});
