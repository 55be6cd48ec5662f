// A link that signs in has the token in its fragment, which no server sees: it is sent as the form sends it, and forgotten.
const signIn = document.getElementById("login");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (signIn && token) {
    history.replaceState(null, "", location.pathname + location.search);
    signIn.elements.token.value = token;
    signIn.submit();
}
