import asyncio, websockets

async def main():
    async with websockets.serve(handler, "127.0.0.1", 19002):
        await asyncio.Future()
