// stripe-stateful-mock on a free port of this machine alone. Its own program listens on every interface.
const http = require("http");
const mock = require(process.argv[2]);
const app = mock.createExpressApp();
// It knows no credit notes, so there are none.
const none = JSON.stringify({ object: "list", data: [], has_more: false, url: "/v1/credit_notes" });
const server = http.createServer((request, response) =>
  request.url.startsWith("/v1/credit_notes?") ? response.end(none) : app(request, response));
server.listen(0, "127.0.0.1", () => console.log(`serving on http://127.0.0.1:${server.address().port}\n`));
