// @ts-check
// Puts the movie into the page, with the host and port of this page.

const movie = document.createElement("embed");
movie.width = "640";
movie.height = "360";
movie.type = "application/x-shockwave-flash";
movie.setAttribute(
	"flashvars",
	`host=${location.hostname}&port=${location.port || (location.protocol === "https:" ? 443 : 80)}`,
);
movie.src = "game.swf";
/** @type {HTMLElement} */ (document.querySelector("#movie")).append(movie);
