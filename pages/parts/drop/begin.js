// What a page fetches on which patches of a picture are left out.

import {arrived} from '../late.js';
import {drop} from './drop.js';

arrived({drop});
