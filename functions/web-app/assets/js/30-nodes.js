// The nodes of a run: choices change the section in place, a selected node opens beside it, a drag over the axis zooms.
{
    let newest = 0;
    const section = () => document.getElementById("nodes");
    const isPlain = event => event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

    // Moves a large drawing to its selected node, or to where it begins.
    const reveal = () => {
        const canvas = document.getElementById("graph");
        const node = canvas?.querySelector("[aria-current]") ?? canvas?.querySelector("a.node");
        if (!node) return;
        const [whole, box] = [canvas.getBoundingClientRect(), node.getBoundingClientRect()];
        canvas.scrollLeft += box.left + box.width / 2 - whole.left - whole.width / 2;
        canvas.scrollTop += box.top + box.height / 2 - whole.top - whole.height / 2;
    };
    reveal();

    // Shows what another address of this page shows of the nodes.
    const show = async (url, isNew = true) => {
        const turn = ++newest;
        const focused = document.activeElement?.id;
        let made = null;
        try {
            const answer = await fetch(url);
            if (answer.ok) made = new DOMParser().parseFromString(await answer.text(), "text/html");
        } catch { /* The browser tells better what is wrong. */ }
        if (turn !== newest) return;
        const parts = ["nodes-shown", "inspector"].map(id => [document.getElementById(id), made?.getElementById(id)]);
        if (parts.some(pair => pair.includes(null) || pair.includes(undefined))) return void location.assign(url);
        for (const [old, part] of parts) {
            old.replaceWith(part);
            showTimes(part);
        }
        reveal();
        if (isNew) history.pushState(null, "", url);
        if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    };

    // Opens a node run in the inspector.
    const inspect = async link => {
        const { node, exec } = link.dataset;
        const isGroup = link.matches(".node, tr:not(.child) .row");
        const url = new URL(location);
        url.hash = "";
        if (node) url.searchParams.set("node", node);
        if (isGroup) url.searchParams.delete("exec");
        else url.searchParams.set("exec", exec);
        if (!exec) return show(url);
        const turn = ++newest;
        const answer = await fetch(`${section().dataset.path}/${encodeURIComponent(exec)}?fragment=1`).catch(() => null);
        if (turn !== newest) return;
        if (!answer?.ok) return void location.assign(url);
        const text = await answer.text();
        const step = ["previous", "next"].find(name => document.activeElement?.classList.contains(name));
        const aside = document.getElementById("inspector");
        document.getElementById("inspector-content").replaceChildren(
            ...new DOMParser().parseFromString(text, "text/html").body.childNodes);
        aside.hidden = false;
        showTimes(aside);
        if (step) (aside.querySelector(`.tries .${step}`) ?? aside.querySelector(".tries a"))?.focus();
        history.pushState(null, "", url);
        for (const other of section().querySelectorAll("#nodes-shown [data-exec]")) {
            const isCurrent = isGroup ? other === link : other.closest(".child") && other.dataset.exec === exec;
            other.closest("tr")?.classList.toggle("current", isCurrent);
            if (isCurrent) other.setAttribute("aria-current", "true");
            else other.removeAttribute("aria-current");
        }
        if (aside.getBoundingClientRect().top > innerHeight - 120) aside.scrollIntoView({ block: "nearest" });
    };

    document.addEventListener("click", event => {
        const link = event.target.closest("#nodes a[href]");
        if (!link || !isPlain(event) || event.defaultPrevented) return;
        if ("exec" in link.dataset) {
            event.preventDefault();
            inspect(link);
        } else if (link.getAttribute("href").startsWith("?")) {
            event.preventDefault();
            const url = new URL(link.href);
            if (link.id === "inspector-close") document.querySelector("#nodes-shown [aria-current][data-exec]")?.focus();
            show(url);
        }
    });
    addEventListener("popstate", () => { if (section()) show(location.href, false); });

    // The arrow keys move among rows, open and close them; in the drawing they move to the nearest node on that side.
    const rowAt = (link, by) => {
        const all = [...document.querySelectorAll("#timeline a.row")];
        return all[all.indexOf(link) + by];
    };
    const parentOf = link => {
        let row = link.closest("tr");
        while (row?.classList.contains("child")) row = row.previousElementSibling;
        return row?.querySelector("a.row");
    };
    const nearest = (link, x, y) => {
        const centre = of => { const box = of.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; };
        const [left, top] = centre(link);
        let best = null, least = Infinity;
        for (const other of document.querySelectorAll("#graph a.node")) {
            const [dx, dy] = centre(other).map((at, axis) => at - [left, top][axis]);
            const along = dx * x + dy * y, across = Math.abs(dx * y) + Math.abs(dy * x);
            if (along > 4 && along + 2 * across < least) [best, least] = [other, along + 2 * across];
        }
        return best;
    };
    const arrows = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
    document.addEventListener("keydown", event => {
        const arrow = arrows[event.key];
        const link = event.target.closest("#timeline a.row, #graph a.node");
        if (!arrow || !link || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        const [x, y] = arrow;
        if (link.matches(".node")) return void nearest(link, x, y)?.focus();
        if (y) return void rowAt(link, y)?.focus();
        const twist = link.parentElement.querySelector(".twist");
        const isOpen = twist?.getAttribute("aria-expanded") === "true";
        if (twist && isOpen === x < 0) show(new URL(twist.href));
        else (x > 0 ? rowAt(link, 1) : parentOf(link))?.focus();
    });

    // A drag over the axis or the bars zooms to what it covers.
    document.addEventListener("pointerdown", event => {
        const table = event.target.closest("#timeline");
        const box = table?.querySelector(".axis svg").getBoundingClientRect();
        if (!box || !isPlain(event) || event.pointerType === "touch" || event.clientX < box.left) return;
        const start = event.clientX;
        const within = at => Math.min(Math.max(at, box.left), box.right);
        const brush = document.createElement("div");
        brush.className = "brush";
        const bounds = table.getBoundingClientRect();
        const move = ({ clientX }) => {
            if (Math.abs(clientX - start) < 6 && !brush.isConnected) return;
            const [from, to] = [within(Math.min(start, clientX)), within(Math.max(start, clientX))];
            Object.assign(brush.style, {
                left: `${from}px`, width: `${to - from}px`, top: `${bounds.top}px`, height: `${bounds.height}px`,
            });
            document.body.append(brush);
        };
        const end = ({ type, clientX }) => {
            for (const [name, listener] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) {
                removeEventListener(name, listener);
            }
            if (!brush.isConnected) return;
            brush.remove();
            if (type === "pointercancel") return;
            // The click that ends a drag selects nothing.
            const stop = click => { click.preventDefault(); click.stopPropagation(); };
            addEventListener("click", stop, { capture: true, once: true });
            setTimeout(() => removeEventListener("click", stop, { capture: true }));
            const { from, to } = table.dataset;
            const at = x => Math.round(+from + (within(x) - box.left) / box.width * (to - from));
            const url = new URL(location);
            url.hash = "";
            const begin = at(Math.min(start, clientX));
            url.searchParams.set("from", begin);
            url.searchParams.set("to", Math.max(at(Math.max(start, clientX)), begin + 1));
            for (const name of ["skip", "after"]) url.searchParams.delete(name);
            show(url);
        };
        addEventListener("pointermove", move);
        addEventListener("pointerup", end);
        addEventListener("pointercancel", end);
    });
    document.addEventListener("dragstart", event => { if (event.target.closest("#timeline")) event.preventDefault(); });
}
