#include "CPage.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

static const unsigned char index_html[] = {
#embed "Page/index.html"
};

static const unsigned char page_js[] = {
#embed "Page/page.js"
};

static const unsigned char page_css[] = {
#embed "Page/page.css"
};

static const unsigned char page_svg[] = {
#embed "Page/page.svg"
};

static const sockeye_page_file files[] = {
    {"/", "text/html; charset=utf-8", index_html, sizeof index_html},
    {"/page.js", "text/javascript; charset=utf-8", page_js, sizeof page_js},
    {"/page.css", "text/css; charset=utf-8", page_css, sizeof page_css},
    {"/page.svg", "image/svg+xml", page_svg, sizeof page_svg},
};

int sockeye_page_count(void) { return (int)(sizeof files / sizeof files[0]); }

sockeye_page_file sockeye_page_at(int index) {
    if (index < 0 || index >= sockeye_page_count()) return (sockeye_page_file){0};
    return files[index];
}

const char *sockeye_page_policy(void) {
    return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws: wss:; "
           "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}
