// Drawing over a chart narrows its time.
document.addEventListener("pointerdown", event => {
    const svg = event.target.closest?.("svg[data-brush]");
    if (!svg || event.button !== 0 || event.pointerType === "touch") return;
    const box = svg.getBoundingClientRect();
    const share = x => Math.min(Math.max((x - box.left) / box.width, 0), 1);
    const start = share(event.clientX);
    let mark;
    const move = moved => {
        const end = share(moved.clientX);
        if (!mark && Math.abs(end - start) * box.width < 6) return;
        if (!mark) {
            mark = document.createElementNS("http://www.w3.org/2000/svg", "rect");
            mark.setAttribute("class", "brush hit");
            mark.setAttribute("height", 120);
            svg.append(mark);
        }
        mark.setAttribute("x", `${Math.min(start, end) * 100}%`);
        mark.setAttribute("width", `${Math.abs(end - start) * 100}%`);
    };
    const up = ended => {
        removeEventListener("pointermove", move);
        removeEventListener("pointerup", up);
        if (!mark) return;
        mark.remove();
        // The click that ends it is not one on a mark.
        addEventListener("click", click => click.preventDefault(), { capture: true, once: true });
        const { brush, from, step, count } = svg.dataset;
        const [first, last] = [start, share(ended.clientX)].sort((a, b) => a - b);
        const at = millis => new Date(Number(from) + millis).toISOString();
        location.assign(`${brush}created_from=${at(Math.floor(first * count) * step)}&created_to=${at(Math.ceil(last * count) * step - 1)}`);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
});
document.addEventListener("dragstart", event => { if (event.target.closest?.("svg[data-brush]")) event.preventDefault(); });
// The columns of the list of runs stay as they were chosen.
if (location.pathname === "/runs") {
    const asked = new URLSearchParams(location.search);
    const name = "runledger-columns";
    try {
        if (!document.getElementById("columns")) {
            // A refusal, of which they may be the cause.
            localStorage.removeItem(name);
        } else if (asked.has("columns")) {
            localStorage.setItem(name, asked.getAll("columns").join(","));
        } else if (localStorage.getItem(name)) {
            asked.set("columns", localStorage.getItem(name));
            location.replace(`/runs?${asked}`);
        }
    } catch { /* This browser keeps nothing: the address does. */ }
}
// What was opened to choose from is closed by choosing something else.
document.addEventListener("click", event => {
    for (const pick of document.querySelectorAll("details.pick[open]")) {
        if (!pick.contains(event.target)) pick.open = false;
    }
});
