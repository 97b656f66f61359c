// Starts the guide, at the lesson whose link asked for it, or at what the address says. Fetched by wanted.js.

import {guide} from './guide.js';

guide(/** @type {HTMLElement} */ (document.currentScript).dataset.lesson || '');
