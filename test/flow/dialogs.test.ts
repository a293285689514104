/** Every SMTP dialogue file against the whole service, on the runtime of this run. */
import { testDialogs } from '../helpers/dialog-service.ts';
import { chosenRuntime } from '../helpers/service.ts';

testDialogs(chosenRuntime());
