import asyncio
import websockets

async def main():
    headers = {"device_key": open("/etc/meter/key").read().strip()}
    async with websockets.connect("ws://meters.example/ingest", additional_headers=headers) as ws:
        while True:
            await ws.send(read_meter())
            await asyncio.sleep(20)

asyncio.run(main())
