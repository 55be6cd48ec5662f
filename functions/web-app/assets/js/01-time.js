// Moments in the reader's zone; those that are relative say how long ago, and go on saying so.
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function ago(at) {
    const seconds = (at - Date.now()) / 1000;
    const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units[3];
    return Math.abs(seconds) < 5 ? "just now" : relative.format(Math.trunc(seconds / size), unit);
}

function showTimes(root = document) {
    for (const time of root.querySelectorAll("time[datetime]")) {
        const at = new Date(time.dateTime);
        if (Number.isNaN(at.valueOf())) continue;
        const shown = "relative" in time.dataset ? ago(at) : exact.format(at);
        if (time.textContent !== shown) time.textContent = shown;
        time.title ||= `${exact.format(at)} (${time.dateTime})`;
    }
}
showTimes();
setInterval(showTimes, 10000);
