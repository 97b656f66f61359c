// What a page with melodies fetches: the pad that writes one and the player above a film.

import {arrived} from '../late.js';
import {player} from './player.js';
import {tune} from './tune.js';

arrived({player, tune});
