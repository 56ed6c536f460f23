from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/api/events/{vehicle}")
async def events(ws: WebSocket, vehicle: int):
    await ws.accept()
    async for event in stream(vehicle):
        await ws.send_json(event)
