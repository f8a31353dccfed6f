"""localstripe on a free port of this machine alone, with nothing in it. Its own program listens on
every interface and keeps what it was told."""

import asyncio

from aiohttp import web
from localstripe.server import app


async def serve():
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    print(f"serving on http://127.0.0.1:{port}\n", flush=True)
    await asyncio.Event().wait()


asyncio.run(serve())
