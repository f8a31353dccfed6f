// stripe-stateful-mock on a free port of this machine alone. Its own program listens on every interface.
const http = require("http");
const mock = require(process.argv[2]);
const server = http.createServer(mock.createExpressApp());
server.listen(0, "127.0.0.1", () => console.log(`serving on http://127.0.0.1:${server.address().port}\n`));
