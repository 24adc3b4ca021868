// VERSION and FILES are written above by page.mjs. Keeps one build of the page, whole, for visits without a connection.
const NAME = `hrm-page-${VERSION}`;

self.addEventListener('install', (event) => {
  const keep = async () => {
    const cache = await caches.open(NAME);
    // Asks the server whether what the browser has is still current, so that builds are never mixed.
    await cache.addAll(['./', ...FILES].map((file) => new Request(file, { cache: 'no-cache' })));
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

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
  const answer = async () => (await (await caches.open(NAME)).match(request, { ignoreSearch: true })) ?? fetch(request);
  event.respondWith(answer());
});
