/**
 * What publishing a port asks for and gives: by the API, and by the docker command.
 */
import "./publishing/chosen-ports.ts";
import "./publishing/forms.ts";
import "./publishing/all-ports-and-refusals.ts";
import "./publishing/by-command.ts";
