// What changes by itself: elements with an id and `data-live` are replaced by how the server shows them now. A page is told of
// changes over `data-stream`, or looks again every few seconds (`data-poll`); not while nobody looks at it.
const stage = document.getElementById("main");
// One run is looked at more closely than all of them.
const PAUSE = stage?.dataset.stream?.includes("?") ? 1000 : 2500;
const POLL = 5000;
let source, waiting, isFetching = false, isStale = false;

// A new element in the place of an old one, with what the reader had opened, and the focus where it was.
function replace(old, fresh) {
    for (const open of old.querySelectorAll("details[id][open]")) {
        const same = fresh.querySelector(`#${CSS.escape(open.id)}`);
        if (same) same.open = true;
    }
    const focused = old.contains(document.activeElement) && document.activeElement;
    const focusedId = focused && focused.id;
    const focusedHref = focused && focused.getAttribute("href");
    old.replaceWith(fresh);
    if (focusedId) document.getElementById(focusedId)?.focus({ preventScroll: true });
    else if (focusedHref) fresh.querySelector(`a[href="${CSS.escape(focusedHref)}"]`)?.focus({ preventScroll: true });
}

// Rows that were not there before do not make the others jump: a pill says how many there are.
async function announce() {
    const pill = document.querySelector("[data-live-count]");
    if (!pill) return;
    const response = await fetch(pill.dataset.liveCount);
    if (!response.ok || response.redirected) return;
    const told = new DOMParser().parseFromString(await response.text(), "text/html");
    if (pill.textContent !== told.body.textContent) pill.replaceChildren(...told.body.childNodes);
}

async function refresh() {
    clearTimeout(waiting);
    waiting = undefined;
    if (isFetching) { isStale = true; return; }
    isFetching = true;
    try {
        const response = await fetch(location.href, { headers: { accept: "text/html" } });
        if (response.redirected && new URL(response.url).pathname === "/login") { location.reload(); return; }
        if (!response.ok) return;
        const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
        showTimes(fresh);
        for (const old of document.querySelectorAll("[data-live][id]")) {
            const now = fresh.querySelector(`[data-live][id="${CSS.escape(old.id)}"]`);
            if (now && !old.isEqualNode(now)) replace(old, now);
        }
        await announce();
        showTimes();
        document.dispatchEvent(new CustomEvent("refreshed"));
    } catch {
        // The next change, or the next look, tries again.
    } finally {
        isFetching = false;
        if (isStale) { isStale = false; soon(); }
    }
}

function soon() { waiting ??= setTimeout(refresh, PAUSE); }

function follow() {
    if (document.hidden) { source?.close(); source = undefined; return; }
    if (source || !stage.dataset.stream) return;
    source = new EventSource(stage.dataset.stream);
    source.addEventListener("change", soon);
    source.addEventListener("gap", soon);
    // The browser comes back by itself after a broken connection, not after a refusal.
    source.addEventListener("error", () => {
        if (source?.readyState !== EventSource.CLOSED) return;
        source = undefined;
        setTimeout(() => { soon(); follow(); }, 5000 + 5000 * Math.random());
    });
    // What changed since the page was made, or while the stream was away, was told to nobody.
    source.addEventListener("open", soon);
}

if (stage && document.querySelector("[data-live]")) {
    if (stage.dataset.stream) {
        follow();
        document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); follow(); });
        addEventListener("pagehide", () => { source?.close(); source = undefined; });
        addEventListener("pageshow", event => { if (event.persisted) { soon(); follow(); } });
    } else if ("poll" in stage.dataset) {
        setInterval(() => { if (!document.hidden) refresh(); }, POLL);
    }
}
