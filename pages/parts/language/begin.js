// What a page in another language than English fetches.

import {arrived} from '../late.js';
import {translate} from './language.js';

arrived({translate});
