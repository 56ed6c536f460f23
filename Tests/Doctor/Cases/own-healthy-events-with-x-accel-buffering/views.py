from django.http import StreamingHttpResponse


def events(request):
    answer = StreamingHttpResponse(stream(request.GET["channel"]), content_type="text/event-stream")
    answer["Cache-Control"] = "no-cache"
    answer["X-Accel-Buffering"] = "no"
    return answer
