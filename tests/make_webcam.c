/* A webcam for programs without one: whatever they ask /dev/null by V4L2's calls is answered here. Preload it. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 64, HEIGHT = 48, BYTES = WIDTH * HEIGHT * 2, MOST = 32, FPS = 20 };
static unsigned char *pictures[MOST];
static int queue[MOST], first, waiting, taken, mapped = -1, streaming = -1;

/* What the file named by FAKE_WEBCAM says: "busy", "frozen", "unplugged", "plugged"; it may change at any time. */
static int is(const char *state) {
    char now[16] = "";
    FILE *file = fopen(getenv("FAKE_WEBCAM"), "r");
    if (file && fscanf(file, "%15s", now)) {}
    if (file) fclose(file);
    return !strcmp(now, state);
}

static int refuse(int why) { errno = why; return -1; }

static void describe(struct v4l2_pix_format *format) {
    format->width = WIDTH, format->height = HEIGHT, format->pixelformat = V4L2_PIX_FMT_YUYV;
    format->field = V4L2_FIELD_NONE, format->bytesperline = 2 * WIDTH, format->sizeimage = BYTES;
}

static int next_picture(struct v4l2_buffer *buffer) {
    usleep(1000000 / FPS);
    while (is("frozen")) usleep(10000);
    if (is("unplugged")) return refuse(ENODEV);
    if (!waiting) return refuse(EIO);
    buffer->index = queue[first], first = (first + 1) % MOST, waiting--;
    memset(pictures[buffer->index], 16 + taken++ % 200, BYTES);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    buffer->bytesused = BYTES, buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->timestamp.tv_sec = now.tv_sec, buffer->timestamp.tv_usec = now.tv_nsec / 1000;
    return 0;
}

static int answer(int fd, unsigned long request, void *given) {
    struct v4l2_capability *can = given;
    struct v4l2_buffer *buffer = given;
    if (request == VIDIOC_QBUF) queue[(first + waiting++) % MOST] = buffer->index;
    if (request == VIDIOC_STREAMOFF && streaming == fd) {
        if (waiting < MOST) abort(); /* a picture that is still in use lies in memory that goes with the webcam */
        streaming = -1;
    }
    if (is("unplugged")) return refuse(ENODEV);
    switch (request) {
    case VIDIOC_QUERYCAP: can->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING; return 0;
    case VIDIOC_G_INPUT: *(int *)given = 0; return 0;
    case VIDIOC_ENUMINPUT: case VIDIOC_S_INPUT: return 0;
    case VIDIOC_S_FMT: if (is("busy") || (streaming >= 0 && streaming != fd)) return refuse(EBUSY); /* fall through */
    case VIDIOC_G_FMT: describe(&((struct v4l2_format *)given)->fmt.pix); return 0;
    case VIDIOC_G_PARM: case VIDIOC_S_PARM: {
        struct v4l2_captureparm *parm = &((struct v4l2_streamparm *)given)->parm.capture;
        parm->capability = V4L2_CAP_TIMEPERFRAME, parm->timeperframe.numerator = 1, parm->timeperframe.denominator = FPS;
        return 0;
    }
    case VIDIOC_REQBUFS:
        ((struct v4l2_requestbuffers *)given)->count = MOST, first = waiting = 0;
        return 0;
    case VIDIOC_QUERYBUF: mapped = fd, buffer->length = BYTES, buffer->m.offset = buffer->index * BYTES; return 0;
    case VIDIOC_DQBUF: return next_picture(buffer);
    case VIDIOC_STREAMON: streaming = fd; return 0;
    case VIDIOC_QBUF: case VIDIOC_STREAMOFF: return 0;
    }
    return refuse(ENOTTY);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *given = va_arg(rest, void *);
    va_end(rest);
    if (_IOC_TYPE(request) != 'V') return syscall(SYS_ioctl, fd, request, given);
    return answer(fd, request & 0xffffffff, given);
}

void *mmap64(void *at, size_t bytes, int protection, int flags, int fd, off64_t offset) {
    if (fd < 0 || fd != mapped || bytes != BYTES) return (void *)syscall(SYS_mmap, at, bytes, protection, flags, fd, offset);
    return pictures[offset / BYTES] = malloc(BYTES);
}

int munmap(void *at, size_t bytes) {
    for (int i = 0; i < MOST; i++)
        if (pictures[i] == at) { free(at); pictures[i] = NULL; return 0; }
    return syscall(SYS_munmap, at, bytes);
}
