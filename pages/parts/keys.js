// The keys of a film, wherever they are pressed.

export const FILM_KEYS = {' ': 'play', ArrowLeft: 'prev', ArrowRight: 'next', Home: 'first', End: 'last'};
