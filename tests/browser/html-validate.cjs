// What html-validate asks of the pages: what it recommends, but for what is switched off here.
module.exports = {
    root: true,
    extends: ["html-validate:recommended"],
    rules: {
        // A title begins with what the user calls the thing, however long.
        "long-title": "off",
        // Boxes that are ticked together share a name.
        "form-dup-name": ["error", { shared: ["radio", "checkbox", "button", "reset", "submit"] }],
        // Templates leave it where a condition or a loop stood; nobody sees it.
        "no-trailing-whitespace": "off",
    },
};
