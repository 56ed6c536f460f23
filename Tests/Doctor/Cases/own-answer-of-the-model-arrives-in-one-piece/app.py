from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.post("/api/v1/completions/stream")
async def stream(body: Prompt):
    async def events():
        async for word in model.generate(body.text):
            yield f"data: {word}\n\n"
        yield "data: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")
