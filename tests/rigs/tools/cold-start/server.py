"""An HTTPS server on loopback that answers every request with two bytes. It prints where."""

import socket
import ssl
import sys

certificate, key = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)

with socket.create_server(("127.0.0.1", 0)) as listener:
    print(f"serving on https://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as stream:
                stream.recv(65536)
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        except OSError as error:
            print(error, file=sys.stderr)
